import type { SessionLifecycleEvent, SessionState } from '../../src/index.ts';
import { countedOf, marksOf } from './invariants-durable.ts';
import { isArrow } from './numbers.ts';
import type { SimProcess } from './process.ts';
import type { Move, Slot } from './slot.ts';
import type { World } from './world.ts';

interface Told {
  readonly slot: Slot;
  readonly event: SessionLifecycleEvent;
  readonly process: SimProcess;
}

export const numbered = (_world: World, { slot, event }: Told): readonly string[] => {
  const next = slot.seq + 1;
  if (event.seq === next) return [];
  // After a crash the record says where to go on: not all that was told needed a commit, not all that was recorded was told.
  const recorded = (slot.kept?.record.session.eventSeq ?? 0) + 1;
  const afterCrash = slot.crashedSince >= slot.toldAt;
  const within =
    event.seq >= Math.min(next, slot.seqAtCrash + 1) && event.seq <= Math.max(next, recorded);
  return afterCrash && within
    ? []
    : [`#${slot.index} ${event.type} has the number ${event.seq} after ${slot.seq}`];
};

export const legalChain = (_world: World, { slot, event }: Told): readonly string[] => {
  if (event.type !== 'session.state-changed') return [];
  const { from, to } = event;
  // A new process may know more than was told by the one that died.
  const known = slot.crashedSince < slot.shownAt;
  const follows = !known || inOne(from) === inOne(slot.shown);
  return follows && isArrow(from, to) ? [] : [`#${slot.index} ${from} > ${to} after ${slot.shown}`];
};

/** Between active and idle nothing is recorded: who is put away, or woken, may have gone from one to the other. */
const inOne = (state: SessionState): SessionState => (state === 'idle' ? 'active' : state);

export const committedFirst = (
  _world: World,
  { slot, event, process }: Told,
): readonly string[] => {
  const { kept } = slot;
  if (kept === null) return [`#${slot.index} ${event.type}, and it has no record`];
  const { record } = kept;
  const unless = (holds: boolean, detail: string): readonly string[] =>
    holds ? [] : [`#${slot.index} ${event.type}: ${detail}`];
  switch (event.type) {
    case 'session.ended':
      return unless(
        record.state === 'terminated' && record.session.reason === event.reason,
        `${event.reason} is told, ${record.state} (${record.session.reason}) is recorded`,
      );
    case 'session.appended':
      return unless(
        record.journalSeq >= event.journalSeq,
        `${event.journalSeq} is told, ${record.journalSeq} is recorded`,
      );
    case 'session.operation-finished': {
      // What a drain cuts short is told of at once, and found interrupted later.
      const durable = slot.undertakings.has(event.operation) && !process.draining;
      return unless(
        !durable || slot.journal.had(event.operation, 'finished'),
        'its outcome is not recorded',
      );
    }
    case 'session.emitted': {
      const counted = countedOf(kept);
      if (slot.ask.behaviour !== 'counter' || event.event.type !== 'added') return [];
      // Of one that ends no snapshot is kept.
      if (record.state === 'terminating' || record.state === 'terminated') return [];
      const by = event.event['by'];
      return unless(
        counted?.context.adds.some((add) => add === by) === true,
        `${JSON.stringify(event.event)} is told, and not recorded`,
      );
    }
    case 'session.hibernated':
      return unless(record.session.eventSeq >= event.seq, 'and its record is older');
    case 'session.state-changed':
      return stateIsRecorded(slot, event.to).map((detail) => `#${slot.index} ${detail}`);
    default:
      return [];
  }
};

const stateIsRecorded = (slot: Slot, to: SessionState): readonly string[] => {
  const { recorded, lastBegan } = slot;
  if (to === 'terminated') {
    return recorded === 'terminated' ? [] : [`${to} is told, ${recorded} is recorded`];
  }
  const move = slot.unshown[0];
  if (to !== 'paused' && to !== 'terminating' && move?.to !== to) return [];
  if (move === undefined) {
    // A stored one has no actor that could have moved.
    const over = recorded === 'terminating' || recorded === 'terminated';
    return to === 'terminating' && over ? [] : [`${to} is told, ${recorded} is recorded`];
  }
  if (move.to !== to) return [`${to} is told, its actor went to ${move.to}`];
  return lastBegan > move.order ? [] : [`${to} is told, and not recorded`];
};

export const wokenOnce = (_world: World, { slot, event, process }: Told): readonly string[] => {
  const isIn = slot.residency === 'resident';
  if (event.type === 'session.woken' && isIn) return [`#${slot.index} is woken, and is in memory`];
  if (event.type === 'session.hibernated' && !isIn) return [`#${slot.index} is put away twice`];
  if (event.type !== 'session.woken') return [];
  const { owner } = slot.kept?.record ?? {};
  return owner === process.context.owner ? [] : [`#${slot.index} is woken, and held by ${owner}`];
};

export const wokenAsItWas = (world: World, { slot, event, process }: Told): readonly string[] => {
  const { putAway, kept } = slot;
  if (event.type !== 'session.woken' || kept === null) return [];
  const found: string[] = [];
  if (putAway !== null && slot.storedSince > slot.crashedSince) {
    if (event.from !== 'hibernation')
      found.push(`it was put away, and is woken from ${event.from}`);
    if (JSON.stringify(marksOf(kept)) !== putAway.marks) found.push('its data has changed');
  }
  const session = slot.session;
  if (session !== null && slot.sessionOf === process.number) {
    const shown = JSON.stringify(session.data);
    const recorded = JSON.stringify(kept.record.session.data);
    if (shown !== recorded) found.push(`it shows ${shown}, recorded is ${recorded}`);
  }
  world.coverage.met('a woken session compared');
  return found.map((detail) => `#${slot.index} ${detail}`);
};

export const legalMoves = (
  world: World,
  { slot, move: { from, to, reason } }: { slot: Slot; move: Move },
): readonly string[] => {
  const name = `#${slot.index}`;
  if (from !== null) {
    const found = isArrow(from, to) ? [] : [`${name} ${from} > ${to}`];
    if (from === 'paused' && to === 'active' && slot.resumes >= slot.resumesAsked) {
      found.push(`${name} goes on, and nobody resumed it`);
    }
    if (to === 'paused' && slot.pauses >= slot.pausesAsked) {
      found.push(`${name} is paused, and nobody asked`);
    }
    if (to === 'terminating' && slot.reason !== null && slot.reason !== reason) {
      found.push(`${name} ends for ${reason}, after ${slot.reason}`);
    }
    return found;
  }
  // A new actor goes on from what is recorded.
  const { recorded } = slot;
  const born = to === 'initializing' || recorded === null;
  const same = recorded !== null && inOne(recorded) === inOne(to);
  if (!born && slot.actorOf === world.processes && slot.actor !== null) {
    return [`${name} has a second actor`];
  }
  return born || same ? [] : [`${name} is recorded as ${recorded}, and its actor begins ${to}`];
};

export const expectedErrors = (
  _world: World,
  { where, error }: { where: string; error: unknown },
): readonly string[] => {
  const made =
    error instanceof Error &&
    /made to fail|the application throws|initialize throws|the behaviour crashes|disk|full|outcome|took longer|(is|was) closed|thread has ended|stalled|still waited|could not be read|not recorded/i.test(
      `${error.name} ${error.message}`,
    );
  const named = /sweep|cleanup|on[A-Z]\w+ of |behaviour/.test(where);
  return made || named ? [] : [`${where}: ${String(error)}`];
};

export const shownIsRecorded = (world: World): readonly string[] => {
  const { process } = world;
  if (process === null) return [];
  const found: string[] = [];
  for (const slot of world.slots) {
    const { session, kept } = slot;
    if (session === null || slot.sessionOf !== process.number || kept === null) continue;
    const { state } = session;
    const { recorded } = slot;
    if (state === 'terminated' && recorded !== 'terminated') {
      found.push(`#${slot.index} shows ${state}, ${recorded} is recorded`);
    }
    // A resume may be recorded and be told in a moment; what is shown was recorded once.
    if (state === 'terminating' && recorded !== 'terminating' && recorded !== 'terminated') {
      found.push(`#${slot.index} shows ${state}, ${recorded} is recorded`);
    }
    if (
      state === 'paused' &&
      recorded !== 'paused' &&
      // A stored session that ends has no actor to see it from: it is shown when the store has answered.
      !(slot.actor === null && (recorded === 'terminating' || recorded === 'terminated')) &&
      slot.unshown.length === 0 &&
      slot.pending === 0
    ) {
      found.push(`#${slot.index} shows ${state}, ${recorded} is recorded`);
    }
    const marks = marksOf(kept);
    const { data } = session;
    if (!data.marks.every((mark) => marks.includes(mark))) {
      found.push(`#${slot.index} shows the marks ${data.marks}, ${marks} are recorded`);
    }
  }
  return found;
};
