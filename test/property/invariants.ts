import type { SessionLifecycleEvent } from '../../src/index.ts';
import {
  BOUNDS,
  DEADLINES,
  FRESH_MS,
  GRACE_MS,
  isArrow,
  type Reason,
  SILENCE,
  TICK_MS,
  WINDOW_MS,
} from './numbers.ts';
import type { Slot, Stream } from './slot.ts';
import type { Move } from './store-watch.ts';
import type { World } from './world.ts';

/** Something that must be true, in one sentence, and what shows that it is not. */
export interface Invariant<Given extends unknown[]> {
  readonly sentence: string;
  check(world: World, ...given: Given): readonly string[];
}

const unless = (holds: boolean, detail: string): readonly string[] => (holds ? [] : [detail]);

/** What a run that broke something is told with. */
export const broken = (world: World): string =>
  [...new Set(world.broken)].join('\n') +
  `\nsetup: ${JSON.stringify(world.setup)}\n       at  what was done\n${world.log.join('\n')}\n`;

// What must be true of everything the session plane tells.

const numbered: Invariant<[Stream, SessionLifecycleEvent]> = {
  sentence: 'The events of a session are numbered 1, 2, 3 … without a hole.',
  check: (_world, stream, event) =>
    unless(event.seq === stream.events.length + 1, `${event.type} has seq ${event.seq}`),
};

const endIsLast: Invariant<[Stream, SessionLifecycleEvent]> = {
  sentence: 'A session ends once, and nothing is told of it afterwards.',
  check: (_world, stream, event) =>
    unless(
      !stream.events.some(({ type }) => type === 'session.ended'),
      `${event.type} after session.ended`,
    ),
};

const changesOf = (events: readonly SessionLifecycleEvent[]) =>
  events.filter((event) => event.type === 'session.state-changed');

const legalChain: Invariant<[Stream, SessionLifecycleEvent]> = {
  sentence: 'The states shown are a way through the table of section 3.',
  check: (_world, stream, event) => {
    if (event.type !== 'session.state-changed') return [];
    const { from, to } = event;
    const before = changesOf(stream.events).at(-1)?.to ?? 'initializing';
    return unless(from === before && isArrow(from, to), `${from} > ${to} after ${before}`);
  },
};

const committedFirst: Invariant<[Stream, SessionLifecycleEvent]> = {
  sentence: 'What is shown was committed first.',
  check: ({ watch, setup }, stream, event) => {
    const written = watch.writtenOf(stream.firstId);
    if (written.length === 0) return [`${event.type} is told of a session without a record`];
    if (event.type === 'session.ended') {
      const tombstone = written.some(({ state }) => state === 'terminated');
      return unless(tombstone, 'the end is told, and there is no tombstone');
    }
    if (event.type !== 'session.state-changed') return [];
    // Between `active` and `idle` nothing is recorded, and a session without an `initialize` is born active.
    const index = changesOf(stream.events).length;
    const bornActive = index === 0 && setup.initialize === 'none';
    if (event.to === 'idle' || event.from === 'idle' || bornActive) {
      if (event.to === 'idle' || event.to === 'active') return [];
    }
    if (event.to === 'terminated') return [];
    const moves = (watch.moves.get(stream.firstId) ?? []).filter((m) => m.to !== 'initializing');
    const move = moves[index];
    if (move?.to !== event.to) return [`${event.to} is told, but its actor went to ${move?.to}`];
    return unless(
      watch.covers(stream.firstId, move.order),
      `${event.from} > ${event.to} is told, but not recorded`,
    );
  },
};

const cleanedFirst: Invariant<[Stream, SessionLifecycleEvent]> = {
  sentence: 'The end is told once `cleanup` and `onTerminated` have run, once each.',
  check: ({ told, setup }, { firstId }, event) => {
    if (event.type !== 'session.ended' || setup.hooks === 'none') return [];
    const [cleanups, ends] = [told.cleanup.get(firstId), told.terminated.get(firstId)];
    return unless(cleanups === 1 && ends === 1, `cleanup: ${cleanups}, onTerminated: ${ends}`);
  },
};

const capsHold: Invariant<[]> = {
  sentence: 'Never are there more sessions than allowed, of one principal or in all.',
  check: ({ context: { hosts }, slots }) => {
    const found = [...unless(hosts.size <= BOUNDS.maxResident, `${hosts.size} in memory`)];
    for (const principal of ['ada', 'bob']) {
      const own = [...hosts.values()].filter((host) => host.principal === principal).length;
      const living = slots.filter((s) => s.session.principal === principal && !s.isOver).length;
      const most = Math.max(own, living);
      found.push(...unless(most <= BOUNDS.maxPerPrincipal, `${principal} has ${most}`));
    }
    return found;
  },
};

const keysAreUnique: Invariant<[]> = {
  sentence: 'Of the sessions that have not ended no two have one key of one principal.',
  check: ({ slots }) => {
    const keyed = slots.filter((slot) => slot.key !== null && !slot.isOver);
    const names = keyed.map(({ session, key }) => JSON.stringify([session.principal, key]));
    return unless(new Set(names).size === names.length, names.join(' '));
  },
};

// What must be true of every move an actor makes.

const slotOf = (world: World, firstId: string): Slot | undefined =>
  world.slots.find(({ session }) => world.watch.firstId(session.id) === firstId);

const legalMoves: Invariant<[string, Move]> = {
  sentence: 'An actor moves only where the table of section 3 leads.',
  check: ({ watch }, id, { to, order }) => {
    const from = (watch.moves.get(id) ?? []).filter((move) => move.order < order).at(-1)?.to;
    return unless(from === undefined || isArrow(from, to), `${from} > ${to}`);
  },
};

const workIsSafe: Invariant<[string, Move]> = {
  sentence: 'Work in flight is never idled, evicted, or ended by a deadline of silence.',
  check: (world, id, { to, reason }) => {
    const jobs = slotOf(world, id)?.inFlight ?? [];
    const bySilence = to === 'idle' || (to === 'terminating' && SILENCE.has(reason ?? ''));
    return unless(
      !bySilence || jobs.length === 0,
      `${to} (${reason}) with ${jobs.length} in flight`,
    );
  },
};

const idleMakesRoom: Invariant<[string, Move]> = {
  sentence: 'Only an idle session is evicted.',
  check: ({ watch }, id, { reason, to, order }) => {
    if (reason !== 'evicted' || to !== 'terminating') return [];
    const from = (watch.moves.get(id) ?? []).filter((move) => move.order < order).at(-1)?.to;
    return unless(from === 'idle', `it was ${from}`);
  },
};

const notEarly: Invariant<[string, Move]> = {
  sentence: 'No deadline is early.',
  check: (world, id, { to, reason, mono, wall }) => {
    const moves = world.watch.moves.get(id) ?? [];
    const slot = slotOf(world, id);
    const least = (since: number, now: number, lengthMs: number): readonly string[] =>
      unless(now - since >= lengthMs, `${to} (${reason}) after ${now - since} of ${lengthMs} ms`);
    if (to === 'idle') return slot ? least(slot.lastActivity, mono, DEADLINES.idleAfterMs) : [];
    if (to !== 'terminating') return [];
    const born = moves[0]?.wall ?? wall;
    const paused = moves.filter((move) => move.to === 'paused').at(-1)?.wall ?? wall;
    if (reason === 'max-lifetime') return least(born, wall, DEADLINES.maxLifetimeMs);
    if (reason === 'paused-timeout') return least(paused, wall, DEADLINES.pausedTimeoutMs);
    if (slot === undefined) return [];
    if (reason === 'idle-timeout') return least(slot.lastActivity, mono, DEADLINES.idleTimeoutMs);
    if (reason !== 'heartbeat-lost') return [];
    return slot.watched ? least(slot.lastSign, mono, WINDOW_MS) : ['nobody asked it to beat'];
  },
};

const ownSilence: Invariant<[string, Move]> = {
  sentence: "A server's own stall ends nobody: after it everybody has a fresh window.",
  check: ({ gapFrom }, _id, { to, reason, mono }) => {
    const bySilence = reason === 'idle-timeout' || reason === 'heartbeat-lost';
    if (to !== 'terminating' || !bySilence) return [];
    return unless(mono - gapFrom >= FRESH_MS, `${reason} ${mono - gapFrom} ms after a stall`);
  },
};

// What must be true at every moment.

/** When each deadline of a session must have been honoured at the latest: mono, or wall where it is a promise. */
const latest = (
  { gapSeen, clock, context, watch }: World,
  slot: Slot,
): { reason: Reason; by: number }[] => {
  const after = (since: number, lengthMs: number): number =>
    Math.max(since + lengthMs, gapSeen + Math.min(lengthMs, FRESH_MS));
  const onMono = (wall: number): number => wall - clock.wall() + clock.mono();
  const { createdAt, inFlight } = slot.session.info();
  const over = onMono(createdAt + DEADLINES.maxLifetimeMs);
  // A restart of its behaviour was work, and nobody outside knows to the tick when that was over.
  const hasRestarted = (slot.session.behaviour?.incarnation ?? 1) > 1;
  const grace = inFlight > 0 || hasRestarted ? GRACE_MS : 0;
  const ends: { reason: Reason; by: number }[] = [
    // Work that ended in its grace, or a step of the wall clock, may come later than the end of the lifetime.
    { reason: 'max-lifetime', by: grace + Math.max(over, slot.lastJobEnd, grace && gapSeen) },
  ];
  const { decided } = slot;
  const paused = (watch.moves.get(watch.firstId(slot.session.id)) ?? []).at(-1);
  if (paused?.to === 'paused' && inFlight === 0) {
    // Where the lifetime was over as well, work in its grace came first.
    const by = Math.max(onMono(paused.wall + DEADLINES.pausedTimeoutMs), slot.lastJobEnd);
    ends.push({ reason: 'paused-timeout', by });
  }
  if ((decided !== 'active' && decided !== 'idle') || inFlight > 0 || context.draining) return ends;
  const quiet = Math.max(slot.lastActivity, slot.lastProof);
  if (hasRestarted) return ends;
  ends.push({ reason: 'idle-timeout', by: after(quiet, DEADLINES.idleTimeoutMs) });
  const sign = Math.max(slot.lastSign, slot.lastActivity);
  if (slot.watched) ends.push({ reason: 'heartbeat-lost', by: after(sign, WINDOW_MS) });
  return ends;
};

const notLate: Invariant<[]> = {
  sentence: 'No deadline is overshot by more than a tick, and one more after a late one.',
  check: (world) => {
    if (world.gapPending || world.context.closed) return [];
    const mono = world.clock.mono();
    return world.slots
      .filter(({ isOver }) => !isOver)
      .flatMap((slot) =>
        latest(world, slot).flatMap(({ reason, by }) =>
          unless(mono <= by + 2 * TICK_MS, `#${slot.index} outlives ${reason} by ${mono - by} ms`),
        ),
      );
  },
};

export const ON_EVENT = [numbered, endIsLast, legalChain, committedFirst, cleanedFirst] as const;
export const ON_MOVE = [legalMoves, workIsSafe, idleMakesRoom, notEarly, ownSilence] as const;
export const ALWAYS = [capsHold, keysAreUnique, notLate] as const;
export const CAPS = capsHold;
