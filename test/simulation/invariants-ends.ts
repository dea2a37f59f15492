import type { EndReason, SessionLifecycleEvent, SessionState } from '../../src/index.ts';
import { LIMITS } from './numbers.ts';
import type { SimProcess } from './process.ts';
import type { Move, Slot } from './slot.ts';
import type { Written } from './truth.ts';
import type { World } from './world.ts';

const OVER: ReadonlySet<string> = new Set(['terminating', 'terminated']);

interface Wrote {
  readonly slot: Slot;
  readonly written: Written;
}

export const oneReason = (_world: World, { slot, written }: Wrote): readonly string[] => {
  const { before, after } = written;
  if (before === null || after === null) return [];
  const [was, is] = [before.record, after.record];
  const found: string[] = [];
  if (was.session.reason !== null && is.session.reason !== was.session.reason) {
    found.push(`#${slot.index} ended for ${was.session.reason}, and then for ${is.session.reason}`);
  }
  if (was.state === 'terminated' && is.state !== 'terminated') {
    found.push(`#${slot.index} was terminated, and is ${is.state}`);
  }
  if (was.state === 'terminating' && !OVER.has(is.state)) {
    found.push(`#${slot.index} was terminating, and is ${is.state}`);
  }
  if (is.state === 'terminated' && is.session.reason === null) {
    found.push(`#${slot.index} is terminated for no reason`);
  }
  return found;
};

/** The end of one in memory, as its actor decides it. */
export const movedForCause = (
  _world: World,
  { slot, move: { from, to, reason } }: { slot: Slot; move: Move },
): readonly string[] =>
  to === 'terminating' && from !== null ? withoutCause(slot, reason, from) : [];

/** Any end, as it is recorded. */
export const recordedForCause = (
  _world: World,
  { slot, written: { before, after, what } }: Wrote,
): readonly string[] => {
  const { reason = null } = after?.record.session ?? {};
  if ((before?.record.session.reason ?? null) !== null) return [];
  // Of a write that nobody was told of it is not known what it followed on.
  const from = what === 'survived' ? undefined : before?.record.state;
  return withoutCause(slot, reason, from ?? 'initializing');
};

/** Deadlines have their own invariants. */
const withoutCause = (
  { index, ask, given, storedSince, bornAt }: Slot,
  reason: EndReason | null,
  from: SessionState,
): readonly string[] => {
  const unless = (holds: boolean, detail: string): readonly string[] =>
    holds ? [] : [`#${index} ends for ${reason}, and ${detail}`];
  switch (reason) {
    case 'client':
    case 'operator':
      return unless(ask.endsAsked.has(reason), `nobody asked for that`);
    case 'crashed':
      return unless(ask.behaviour === 'fragile', `its behaviour is ${ask.behaviour}`);
    case 'init-failed':
      // Also where it was ready, and that could not be recorded: then its creation is refused.
      return unless(!given && (from === 'initializing' || storedSince < bornAt), 'it was ready');
    case 'shutdown':
      // Of what a drain finds half made nothing could be put away.
      return unless(!given, 'it could be put away');
    case 'evicted':
      return unless(false, 'it could be put away');
    default:
      return [];
  }
};

export const cleanedFirst = (world: World, { slot, written }: Wrote): readonly string[] => {
  const { before, after } = written;
  if (after?.record.state !== 'terminated' || before?.record.state === 'terminated') return [];
  const { cleanup, hooks } = world.setup;
  return [
    ...(cleanup !== 'none' && slot.cleanups.length === 0
      ? [`#${slot.index} has a tombstone, and was not cleaned up`]
      : []),
    ...(hooks !== 'none' && slot.terminations.length === 0 && slot.given
      ? [`#${slot.index} has a tombstone, and onTerminated was not called`]
      : []),
  ];
};

export const tombstonesStay = (world: World, { slot, written }: Wrote): readonly string[] => {
  const { before, after } = written;
  if (before === null || after !== null) return [];
  const { state } = before.record;
  if (state !== 'terminated') {
    // One that nobody was given is taken back.
    const takenBack = !slot.given && world.rejected.has(slot.ask.n);
    return takenBack ? [] : [`#${slot.index} is removed, and was ${state}`];
  }
  // It counts from the end, which its tombstone follows.
  const age = world.wall() - (before.record.session.endedAt ?? Number.POSITIVE_INFINITY);
  const inTime = age >= LIMITS.tombstoneMs - 1;
  return inTime ? [] : [`the tombstone of #${slot.index} is removed after ${age} ms`];
};

export const endIsLast = (
  _world: World,
  { slot, event }: { slot: Slot; event: SessionLifecycleEvent },
): readonly string[] => {
  const found: string[] = [];
  if (slot.ends > 0) found.push(`#${slot.index} ${event.type} after session.ended`);
  if (event.type !== 'session.ended') return found;
  const { ended } = slot;
  if (ended !== null && ended !== event.reason) {
    found.push(`#${slot.index} ended for ${ended}, and for ${event.reason}`);
  }
  return found;
};

export const quietAfterTheEnd = (
  _world: World,
  { slot, where }: { slot: Slot; where: string; process: SimProcess },
): readonly string[] => {
  if (slot.ends > 0 || slot.recorded === 'terminated') return [`#${slot.index}: ${where}`];
  const ending = slot.actor === 'terminating' || slot.actor === 'terminated';
  const work = /^(handler|its behaviour|initialize|interrupted)/.test(where);
  return ending && work ? [`#${slot.index}: ${where}, and it is ${slot.actor}`] : [];
};

export const cleanedOnce = (
  _world: World,
  { slot, where, process }: { slot: Slot; where: string; process: SimProcess },
): readonly string[] => {
  if (where !== 'cleanups' && where !== 'terminations') return [];
  const found: string[] = [];
  // The call in hand is noted after it was looked at.
  if (slot[where].includes(process.number)) found.push(`#${slot.index}: ${where} again`);
  const ending = OVER.has(slot.actor ?? '') || OVER.has(slot.recorded ?? '');
  if (!ending && slot.actor !== null)
    found.push(`#${slot.index}: ${where}, and it is ${slot.actor}`);
  return found;
};
