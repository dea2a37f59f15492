import type { SessionInfo, SessionRecord } from '../../src/index.ts';
import type { Invariant } from './invariants.ts';
import { countedOf, messagesOf, phasesOf } from './invariants-durable.ts';
import { ARMED_MS, CLEANUP_MS, LIMITS, TICK_MS } from './numbers.ts';
import type { SimProcess } from './process.ts';
import type { Slot } from './slot.ts';
import type { Kept } from './truth.ts';
import type { World } from './world.ts';

/** What the runtime answers when everything is at rest, and what the disk has. */
export interface Reads {
  readonly listed: readonly SessionInfo[];
  /** By the index of the slot: what `get` says of it; `null`: it is refused. */
  readonly given: ReadonlyMap<number, SessionInfo | null>;
  /** By the index of the slot: what `messages` answers. */
  readonly messages: ReadonlyMap<number, readonly string[] | null>;
  readonly records: readonly SessionRecord[];
}

type AtRest = Invariant<{ reads: Reads }>;

const each =
  (check: (slot: Slot, world: World, reads: Reads) => readonly (string | false)[]) =>
  (world: World, { reads }: { reads: Reads }): readonly string[] =>
    world.slots.flatMap((slot) =>
      check(slot, world, reads).flatMap((found) =>
        found === false ? [] : [`#${slot.index} ${found}`],
      ),
    );

/** Between active and idle nothing is recorded. */
const inRecord = (state: string | null): string | null => (state === 'idle' ? 'active' : state);

/** Its `cleanup` and hooks have their time. */
const endsNow = (world: World, { record }: Kept): boolean =>
  world.wall() - (record.session.endedAt ?? 0) < CLEANUP_MS;

export const AT_REST: readonly AtRest[] = [
  {
    name: 'answered',
    sentence: 'Every call is answered in the end.',
    check: ({ pending }) => [...pending].map(({ what }) => what),
  },
  {
    name: 'finished',
    sentence: 'What was begun is finished: no end, no creation and no operation stays open.',
    check: each((slot, world) => {
      const { kept } = slot;
      if (kept === null) return [];
      const open = [...slot.undertakings.values()].filter(({ id }) => {
        const phases = phasesOf(kept, id);
        // One whose session was ended unawares (stored, by another process) is found where it is woken: never.
        return (
          phases.at(-1) === 'started' &&
          kept.record.state !== 'terminated' &&
          slot.actor !== null &&
          // A paused session takes no work: it is decided when it goes on.
          slot.actor !== 'paused'
        );
      });
      return [
        slot.recorded === 'terminating' && !endsNow(world, kept) && 'is terminating still',
        slot.recorded === 'initializing' && 'is initializing still',
        open.length > 0 && `has open operations: ${open.map(({ id }) => id)}`,
      ];
    }),
  },
  {
    name: 'pause-stands',
    sentence: 'A pause that was decided is recorded in the end, though its commit failed.',
    check: each((slot) => {
      if (slot.actor !== 'paused') return [];
      return [slot.recorded !== 'paused' && `is paused, and recorded as ${slot.recorded}`];
    }),
  },
  {
    name: 'told-once',
    sentence: 'The end of a session is told exactly once, unless a process died before it could.',
    check: each((slot) => {
      if (slot.recorded !== 'terminated' || slot.ends === 1) return [];
      const died = slot.ends === 0 && slot.crashedSince >= slot.bornAt;
      return [!died && slot.given && `has ended, and that was told ${slot.ends} times`];
    }),
  },
  {
    name: 'planes-agree',
    sentence: 'The actor, the session plane and the record show one state.',
    check: each((slot, _world, { given }) => {
      const info = given.get(slot.index);
      if (info === undefined || info === null) return [];
      const { recorded, actor } = slot;
      return [
        inRecord(info.state) !== inRecord(recorded) && `is ${info.state}, recorded ${recorded}`,
        actor !== null && actor !== info.state && `is ${info.state}, its actor ${actor}`,
      ];
    }),
  },
  {
    name: 'reads-agree',
    sentence: '`list`, `get`, `messages` and the store agree.',
    check: (world, given) => [...listAgrees(world, given), ...getsAgree(world, given)],
  },
  {
    name: 'fired',
    sentence:
      'A delay of a behaviour is over when its time is, also of a session that is not in memory.',
    check: each((slot, world) => {
      const { kept, poked } = slot;
      if (kept === null || slot.isOver || poked === null || slot.ask.behaviour !== 'counter')
        return [];
      // After a crash its delay goes on when it is woken.
      if (slot.crashedSince >= poked.at) return [];
      // There is no room for it, and nobody who could make some.
      if ((world.process?.context.hosts.size ?? 0) >= LIMITS.maxResident) return [];
      // Of one that is not in memory it is kept as wall time: set back, it comes later.
      const fallenMs = world.wallSeen.fallenMs - poked.fallenMs;
      const lateMs = world.clock.mono() - poked.at - ARMED_MS - fallenMs;
      return [
        countedOf(kept)?.value === 'armed' &&
          lateMs > 2 * TICK_MS &&
          `is armed for ${lateMs} ms too long`,
      ];
    }),
  },
  {
    name: 'validated',
    sentence: 'At rest validateAll finds nothing.',
    check: (world) =>
      (world.process?.runtime.validateAll() ?? []).map(
        ({ id, problem, detail }) => `#${world.slotOf(id)?.index ?? id} ${problem}: ${detail}`,
      ),
  },
  {
    name: 'nobody-forgotten',
    sentence: 'Every record is of a session that somebody was given, or is ended.',
    check: each((slot, world) => [
      // Who was to take it back may have died.
      slot.crashedSince < slot.bornAt &&
        world.rejected.has(slot.ask.n) &&
        !slot.given &&
        !slot.isOver &&
        // It is still being taken back: the tries come ever further apart.
        world.process?.context.takingBack.has(slot.kept?.record.id ?? '') !== true &&
        `was refused to who asked for it, and is ${slot.recorded}`,
    ]),
  },
];

const listAgrees = (world: World, { reads }: { reads: Reads }): string[] => {
  const { listed, records } = reads;
  const [ours, theirs] = [
    new Set(listed.map(({ id }) => id)),
    new Set(records.map(({ id }) => id)),
  ];
  const name = (id: string): string => `#${world.slotOf(id)?.index ?? id}`;
  // Whose new id has no answer yet is listed under the one its callers know; what a lost create left is not listed.
  const newIds = world.process?.context.newIds ?? new Map<string, { readonly id: string }>();
  const takenBack = world.process?.context.takingBack.keys() ?? [];
  const renamed = new Set([...[...newIds].flatMap(([id, host]) => [id, host.id]), ...takenBack]);
  const differs = (id: string, state: string): boolean =>
    state !== 'terminated' && !renamed.has(id);
  const missing = records.filter(({ id, state }) => differs(id, state) && !ours.has(id));
  const extra = listed.filter(({ id, state }) => differs(id, state) && !theirs.has(id));
  const doubled = listed.length - ours.size;
  const counts = world.process?.runtime.stats().byResidency;
  const inMemory = world.process?.context.hosts.size ?? 0;
  return [
    ...missing.map(({ id, state }) => `${name(id)} is recorded as ${state}, and not listed`),
    ...extra.map(({ id, state }) => `${name(id)} is listed as ${state}, and not recorded`),
    ...(doubled > 0 ? [`${doubled} are listed twice`] : []),
    ...listed.flatMap(({ id, state }) => {
      const kept = records.find((record) => record.id === id);
      const differs = kept !== undefined && inRecord(kept.state) !== inRecord(state);
      return differs ? [`${name(id)} is listed as ${state}, and recorded as ${kept.state}`] : [];
    }),
    ...(counts !== undefined && counts.resident !== inMemory
      ? [`stats count ${counts.resident} in memory, there are ${inMemory}`]
      : []),
  ];
};

const getsAgree = (world: World, { reads }: { reads: Reads }): string[] => {
  const { given, messages } = reads;
  return world.slots.flatMap((slot) => {
    const { kept } = slot;
    const found: string[] = [];
    const info = given.get(slot.index);
    // Nobody was told of an id whose record has no answer yet.
    const told = world.process?.context.newIds.has(kept?.record.id ?? '') !== true;
    if (kept !== null && told && slot.given && info === null) {
      found.push(`#${slot.index} is recorded as ${kept.record.state}, and not given`);
    }
    if (kept === null && info !== null && info !== undefined) {
      found.push(`#${slot.index} is given, and has no record`);
    }
    const read = messages.get(slot.index);
    if (kept !== null && read !== undefined && read !== null) {
      const wanted = messagesOf(kept).map(({ content }) => content);
      if (read.join() !== wanted.join()) found.push(`#${slot.index} reads ${read}, kept ${wanted}`);
    }
    return found;
  });
};

/** What is left of a runtime that has drained: nothing. */
export const leftovers = (
  _world: World,
  { process }: { process: SimProcess },
): readonly string[] => {
  const { context, clock, connection } = process;
  const { hosts, perPrincipal, keyed, takingBack, rotated, reserved, idle, registry } = context;
  const counts = {
    'actions on the clock': clock.pending,
    'calls to the store': connection.outstanding,
    'sessions in memory': hosts.size,
    'principals with a session': perPrincipal.size,
    'keys taken': keyed.size,
    'creates to take back': takingBack.size,
    'rotated names': rotated.size,
    'slots reserved': reserved.size,
    'idle candidates': idle.size,
    'actors in the registry': registry.size,
    'children in its snapshot': Object.keys(registry.actor.getSnapshot().children).length,
    'entries in the wheel': context.wheel.size,
    'operations in flight': context.inFlight,
    'lanes in use': context.lanes.size,
  };
  return Object.entries(counts).flatMap(([what, count]) =>
    count === 0 ? [] : [`${count} ${what}`],
  );
};
