import type { CreateOptions, Session } from '../../src/index.ts';
import { DOOMED } from './application.ts';
import { type Asked, type Command, command, onSession } from './command.ts';
import { open } from './commands-signs.ts';
import type { Life } from './life.ts';
import { DONE, type Expected, type Model, refused } from './model.ts';
import type { Data } from './slot.ts';
import type { Outcome, World } from './world.ts';

/** How a session is asked for. */
export interface Seed {
  readonly principal: 'ada' | 'bob' | null;
  readonly beats: 'first' | 'required' | 'off';
  /** `getOrCreate` with this key. */
  readonly key: string | null;
  /** `create` with this idempotency key. */
  readonly once: string | null;
  /** With a behaviour. */
  readonly child: boolean;
  /** Its `initialize` fails, where there is one. */
  readonly doomed: boolean;
}

export const create = (seed: Seed): Command => {
  const { principal, beats, key, once, child, doomed } = seed;
  const by = key !== null ? `, key ${key}` : once !== null ? `, once ${once}` : '';
  const name = `create for ${principal ?? 'anybody'}, beats ${beats}${child ? ', a behaviour' : ''}${by}${doomed ? ', doomed' : ''}`;
  return command(name, async (world, model) => {
    world.say(name);
    const known = world.slots.length;
    const named = key === null && once === null ? null : `${key ?? ''}/${once ?? ''}`;
    const outcome = world.call(ask(world, seed), (session) => {
      if (world.watch.writtenOf(session.id).length === 0) {
        world.broken.push('NOT TRUE: no id leaves before its record is durable');
      }
      world.welcome(session, { key: named, beats });
    });
    if (model === null) return { outcome, expected: null };
    await world.clock.settle();
    return { outcome, expected: created(world, model, { ...seed, key: named }, outcome, known) };
  });
};

const ask = (
  { runtime }: World,
  { principal, beats, key, once, child, doomed }: Seed,
): Promise<Session<Data>> => {
  const behaviour = child ? { behaviour: 'counter' } : {};
  const options: CreateOptions<Data> = {
    beats,
    data: { marks: [] },
    ...behaviour,
    ...(doomed ? { metadata: DOOMED } : {}),
  };
  if (key !== null) return runtime.getOrCreate({ ...options, principal, key });
  const idempotent = once === null ? {} : { idempotencyKey: once };
  return runtime.create({ ...options, ...idempotent, principal });
};

/** Section 5: the one of that key, or a new one, for which an idle one of its principal may have to make room. */
const created = (
  world: World,
  model: Model,
  seed: Omit<Seed, 'once'>,
  outcome: Outcome,
  known: number,
): Expected => {
  const { principal, key } = seed;
  const there = key === null ? undefined : model.keyed(principal, key);
  if (there !== undefined) {
    const slot = world.slots[model.lives.indexOf(there)];
    const given = outcome.is === 'resolved' ? (outcome.value as Session<Data>).id : 'nothing';
    if (slot?.session.id !== given) world.broken.push(`another session of the key ${key} is given`);
    return DONE;
  }
  if (model.lacks(principal) !== null) {
    const idle = model.evictable(principal);
    if (idle.length === 0) return refused('CAPACITY');
    // Of those that became idle in one tick, any may be the one.
    const gone = idle.find((life) => world.slots[model.lives.indexOf(life)]?.isOver) ?? idle[0];
    if (gone !== undefined) model.end(gone, ['evicted']);
  }
  const life = model.create(seed);
  if (world.slots.length !== known + 1) world.broken.push('a new session was to be made');
  if (!seed.doomed || world.setup.initialize === 'none') return DONE;
  model.end(life, ['init-failed']);
  return refused('INITIALIZE');
};

export const pause = (who: number, abort: boolean): Command =>
  onSession(abort ? 'pause and abort' : 'pause', who, (world, slot, life, model) => {
    const asked = slot.session.pause({ abort });
    const { id } = slot.session;
    const moves = world.watch.moves.get(world.watch.firstId(id)) ?? [];
    const at = moves.filter(({ to }) => to === 'paused').at(-1)?.order ?? 0;
    const outcome = world.call(asked, () => {
      slot.staysPaused = slot.decided === 'paused';
      if (world.watch.covers(slot.session.id, at)) return;
      world.broken.push('NOT TRUE: a pause is acknowledged once it is recorded');
    });
    const expected = open(model, life, (m, l) => {
      if (l.state === 'paused') return;
      l.hear('pause');
      l.pausedAt = m.wall;
      l.child?.commit();
      if (abort) for (const job of [...l.jobs]) m.finish(l, job);
    });
    return { outcome, expected };
  });

export const resume = (who: number): Command =>
  onSession('resume', who, (world, slot, life, model) => {
    const before = slot.decided;
    const outcome = world.call(slot.session.resume());
    slot.staysPaused = false;
    if (before === 'paused' && slot.decided === 'active') {
      slot.lastActivity = world.clock.mono();
      slot.lastSign = world.clock.mono();
    }
    const expected = open(model, life, (m, l) => {
      if (l.state !== 'paused') return DONE;
      if (m.wall >= l.expiresAt) {
        return { rejects: 'ERR_HOLDFAST_TERMINATED', reasons: ['max-lifetime'] };
      }
      l.resume(m.now);
      l.child?.commit();
      m.fill(l);
      return DONE;
    });
    return { outcome, expected };
  });

export const terminate = (who: number, reason: 'client' | 'operator'): Command =>
  onSession(`terminate (${reason})`, who, (world, slot, life, model) => {
    const outcome = world.call(slot.session.terminate(reason), (given) => {
      const tombstone = world.watch
        .writtenOf(slot.session.id)
        .some(({ state }) => state === 'terminated');
      if (!tombstone) world.broken.push('NOT TRUE: terminate resolves once the end is recorded');
      if (slot.session.info().reason !== given) world.broken.push(`${given} is not its reason`);
    });
    if (model && life && !life.isOver) model.end(life, [reason]);
    return { outcome, expected: model && DONE };
  });

export const terminateAll = (principal: 'ada' | 'bob'): Command =>
  command(`terminateAll of ${principal}`, async (world, model) => {
    world.say(`terminateAll of ${principal}`);
    const outcome = world.call(world.runtime.terminateAll(principal));
    if (model === null) return { outcome, expected: null };
    const own = model.living.filter((life) => life.principal === principal);
    for (const life of own) model.end(life, ['operator']);
    await world.clock.settle();
    return counted(world, outcome, own);
  });

const counted = (world: World, outcome: Outcome, own: readonly Life[]): Asked => {
  if (outcome.is === 'resolved' && outcome.value !== own.length) {
    world.broken.push(`terminateAll ended ${String(outcome.value)}, not ${own.length}`);
  }
  return { outcome, expected: DONE };
};

export const rotateId = (who: number): Command =>
  onSession('rotateId', who, (world, slot, life, model) => {
    const before = slot.session.id;
    const outcome = world.call(slot.session.rotateId(), (id) => {
      slot.oldIds.push(before);
      if (id === before) world.broken.push('rotateId gave the old id');
      if (world.watch.firstId(id) === id) world.broken.push('rotateId gave an id not recorded');
    });
    const expected = open(model, life, (_model, { child }) => {
      child?.commit();
      return undefined;
    });
    return { outcome, expected };
  });
