import type { SessionLifecycleEvent } from '../../src/index.ts';
import * as durable from './invariants-durable.ts';
import * as ends from './invariants-ends.ts';
import * as planes from './invariants-planes.ts';
import * as refusals from './invariants-refusals.ts';
import * as rest from './invariants-rest.ts';
import * as room from './invariants-room.ts';
import * as times from './invariants-times.ts';
import type { SimProcess } from './process.ts';
import type { Move, Slot } from './slot.ts';
import type { Written } from './truth.ts';
import type { World } from './world.ts';

/** What happens in a world, and what is known of it in that moment. */
export interface Occasion {
  /** A process has just been started, over what is on the disk. */
  readonly started: object;
  /** The session plane tells something. What the slot knows is from before. */
  readonly told: { slot: Slot; event: SessionLifecycleEvent; process: SimProcess };
  /** An actor is in another state than before. */
  readonly moved: { slot: Slot; move: Move; process: SimProcess };
  /** A write is durable. What the slot knows is from before. */
  readonly wrote: { slot: Slot; written: Written };
  /** A callback of the application is called, or its behaviour takes an event. */
  readonly callback: { slot: Slot; where: string; process: SimProcess };
  /** The handler of a durable operation is called. */
  readonly handler: { slot: Slot; operation: string };
  /** A call is refused. */
  readonly refused: refusals.Refused;
  /** The runtime reports an error. */
  readonly error: { where: string; error: unknown };
  /** An action is over, and what it began has gone as far as it gets without time. */
  readonly acted: object;
  /** Everything healed, and all that was asked for is done. */
  readonly rest: { reads: rest.Reads };
  /** The last process has drained. */
  readonly over: { process: SimProcess };
}

/** Something that must be true, in one sentence, and what shows that it is not. */
export interface Invariant<Given> {
  readonly name: string;
  readonly sentence: string;
  check(world: World, given: Given): readonly string[];
}

type All = { readonly [O in keyof Occasion]: readonly Invariant<Occasion[O]>[] };

/** All that is held to, by the moment at which it is looked at. */
export const INVARIANTS: All = {
  wrote: [
    {
      name: 'never-lost',
      sentence:
        'What the store acknowledged is never lost: no append, no data, no outcome, no end; only a full journal drops.',
      check: durable.nothingIsTakenBack,
    },
    {
      name: 'one-end',
      sentence: 'A session ends exactly once, with one reason, and its record says so for ever.',
      check: ends.oneReason,
    },
    {
      name: 'for-cause',
      sentence: 'Every end has its cause: nobody ends whom nothing, and nobody, was to end.',
      check: ends.recordedForCause,
    },
    {
      name: 'cleaned-first',
      sentence: '`cleanup` has run at least once before the tombstone is written.',
      check: ends.cleanedFirst,
    },
    {
      name: 'tombstones-stay',
      sentence: 'A tombstone stays for its time, and nothing but a tombstone is removed.',
      check: ends.tombstonesStay,
    },
    {
      name: 'quotas',
      sentence: 'At no instant are there more sessions than allowed, of one principal or in all.',
      check: room.quotasHold,
    },
    {
      name: 'stored-not-early',
      sentence:
        'No deadline ends a stored session early, nor for the silence of the server itself.',
      check: times.storedNotEarly,
    },
    {
      name: 'stored-at-rest',
      sentence: 'A session with work in flight is not put away.',
      check: room.quietIsPutAway,
    },
    {
      name: 'put-away-in-order',
      sentence: 'A session is recorded as put away only out of memory.',
      check: room.putAwayFromMemory,
    },
  ],
  told: [
    {
      name: 'numbered',
      sentence: 'The events of a session are numbered without a hole, across hibernation too.',
      check: planes.numbered,
    },
    {
      name: 'end-is-last',
      sentence: 'The end is told once over all processes, and nothing is told after it.',
      check: ends.endIsLast,
    },
    {
      name: 'committed-first',
      sentence: 'Nothing is shown on the session plane before its commit.',
      check: planes.committedFirst,
    },
    {
      name: 'legal-chain',
      sentence: 'The states shown are a way through the chart of machines/session.ts.',
      check: planes.legalChain,
    },
    {
      name: 'woken-once',
      sentence: 'A session is woken once, however many ask, and only when it was not in memory.',
      check: planes.wokenOnce,
    },
    {
      name: 'woken-as-it-was',
      sentence: 'The woken session equals the uninterrupted one.',
      check: planes.wokenAsItWas,
    },
    {
      name: 'caps',
      sentence: 'Never are more sessions in memory than allowed.',
      check: room.capHolds,
    },
  ],
  moved: [
    {
      name: 'legal-moves',
      sentence: 'An actor moves only where its chart leads, and never back.',
      check: planes.legalMoves,
    },
    {
      name: 'for-cause',
      sentence: 'Every end has its cause: nobody ends whom nothing, and nobody, was to end.',
      check: ends.movedForCause,
    },
    {
      name: 'work-is-safe',
      sentence: 'Work in flight is never idled, nor ended by a deadline of silence.',
      check: times.workIsSafe,
    },
    { name: 'not-early', sentence: 'No deadline is early.', check: times.notEarly },
    {
      name: 'own-silence',
      sentence: "A server's own silence ends nobody: after it everybody has a fresh window.",
      check: times.ownSilence,
    },
  ],
  callback: [
    {
      name: 'quiet-after-the-end',
      sentence: 'Nothing is processed after the end.',
      check: ends.quietAfterTheEnd,
    },
    {
      name: 'cleaned-once',
      sentence: '`cleanup` and `onTerminated` run once a process, and only at an end.',
      check: ends.cleanedOnce,
    },
  ],
  handler: [
    {
      name: 'started-first',
      sentence: 'The start of a durable operation is recorded before its handler is called.',
      check: durable.startedFirst,
    },
  ],
  refused: [
    {
      name: 'found',
      sentence: 'A session that was given and has not ended is found by its id.',
      check: refusals.foundIfThere,
    },
    {
      name: 'room',
      sentence: 'Nobody is refused for want of room while there is room.',
      check: refusals.fullIfRefused,
    },
  ],
  error: [
    {
      name: 'expected-errors',
      sentence: 'The runtime reports no error that nobody made.',
      check: planes.expectedErrors,
    },
  ],
  started: [
    {
      name: 'kept-over-restart',
      sentence: 'What was acknowledged is there after a restart.',
      check: durable.ledgersHold,
    },
    {
      name: 'read-is-durable',
      sentence: 'What was read is so after a restart, unless somebody asked for a change.',
      check: durable.readIsDurable,
    },
    {
      name: 'taken-back',
      sentence: 'A new process finds nothing that anybody holds.',
      check: durable.takenBack,
    },
    {
      name: 'stored-as-told',
      sentence: 'The store has what it answered with, no more and no less.',
      check: durable.storedAsTold,
    },
  ],
  acted: [
    {
      name: 'ledger',
      sentence: 'What a client was promised is in the store, from that moment on.',
      check: durable.ledgersHold,
    },
    {
      name: 'caps',
      sentence: 'Never are more sessions in memory than allowed.',
      check: room.capHolds,
    },
    {
      name: 'not-late',
      sentence:
        'No deadline is overshot by more than a tick while the runtime runs and its store answers.',
      check: times.notLate,
    },
    {
      name: 'shown-is-recorded',
      sentence: 'The state and the data that a reference shows are in the store.',
      check: planes.shownIsRecorded,
    },
  ],
  rest: [
    ...rest.AT_REST,
    {
      name: 'stored-as-told',
      sentence: 'The store has what it answered with, no more and no less.',
      check: durable.storedAsTold,
    },
    {
      name: 'counted',
      sentence: 'At rest as many sessions are counted, in all and of each principal, as there are.',
      check: refusals.countsAgree,
    },
  ],
  over: [
    {
      name: 'no-leaks',
      sentence: 'After a drain nothing is left of the runtime.',
      check: rest.leftovers,
    },
  ],
};
