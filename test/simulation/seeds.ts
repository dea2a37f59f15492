import type { PlantedFault } from '../../src/planted.ts';
import type { StoreKind } from './disks.ts';

/** Seeds that once failed over the store in memory, and what they had found. They stay, and are run over SQLite, too. */
export const ONCE_FAILED: readonly (readonly [seed: number, found: string])[] = [
  [
    100,
    'a sweep passed over a session that was just being put away, and nobody filed its deadline',
  ],
  [207, 'the same, for a session that was listened to'],
  [122, 'an ended session was listed as idle, from a record that was read before its end'],
  [
    132,
    'a step of the wall clock counted as silence where a call came before the tick that saw it',
  ],
  [226, 'terminateAll left the second rejection unheard where two ends could not be recorded'],
  [401, 'a session that got a new id as it was put away had an event more than its record knew of'],
  [10, 'validateAll took the deadlines of stored sessions for strays'],
  [4, 'a drain left the deadlines of stored sessions in the wheel'],
  [1205, 'two that waited for room were given one slot, of a session that was shown as it went'],
  [1991, 'what was interrupted was not decided where the journal could not be read at the wake'],
  [2637, 'a get that met a rotation gave out a session under its former id'],
  [35, 'a durable operation that a drain cut short in its first commit was not found interrupted'],
  [496, 'what was told of a session while it was put away was not counted in its record'],
  [3868, 'signs of life were recorded after the record was given up, which fenced the session off'],
  [3940, 'a session whose new id had no answer yet was ended under it by the sweep'],
  [3128, 'an end that a drain left was recorded as if it had been put away in order'],
  [5843, 'a sweep under way filed deadlines after the drain'],
  [
    23641,
    'the account took the time for which a loop was held up for one in which it could record',
  ],
  [
    22607,
    'the account knew nothing of a delay that began with an event whose commit had failed, and took another one for it',
  ],
  [22994, 'the account knew nothing of a clock that was put back while a delay was stored'],
  [201493, 'what was heard of a session after a crash was recorded as if it had been put away'],
  [301052, 'a get gave out a session as ended whose end was written, and not acknowledged'],
  [312856, 'the account did not know the error of a read that a drain did not wait for'],
  [200888, 'the account noted twice what the disk answered to a process that was just killed'],
];

/** Likewise over SQLite. */
export const ONCE_FAILED_OVER_SQLITE: typeof ONCE_FAILED = [
  [1579, 'a session that was resumed while it was put away was recorded as put away'],
  [1907, 'a first beat while a session was woken was forgotten where the wake was refused'],
  [
    20483,
    'the account took the time for which a loop was held up for one in which it could record',
  ],
  [22690, 'the account took a session for younger that was made after a clock was put back'],
  [22623, 'an end that began before the first record was written was in it, and went on never'],
  [301874, 'two were let in too many where an end was heard as its principal had been counted'],
  [50268, 'the account waited for a deadline of a process that knew its store to be gone for good'],
];

/**
 * A seed that finds each fault, and the name of the invariant that is there to find it; others may find it, too. Over the
 * store in memory, unless another one is named.
 * `npm run simulate -- --faults` looks for others.
 *
 * Some faults make a seed loop for ever in microtasks (`wake-without-lane` does with every third one): these run in the
 * process of the tests, where nothing can end such a loop, so only seeds that come to an end are named here.
 */
export const FOUND_BY: Readonly<
  Record<PlantedFault, readonly [seed: number, invariant: string, store?: StoreKind]>
> = {
  'fence-check-dropped': [12, 'ledger'],
  'acknowledged-before-commit': [1, 'ledger'],
  'shown-before-commit': [0, 'committed-first'],
  'chart-rolled-back': [19, 'legal-moves'],
  'work-reaped': [0, 'work-is-safe'],
  'cleanup-twice': [2, 'cleaned-once'],
  'timer-forgotten': [12, 'not-late'],
  'wake-without-lane': [8, 'refusals'],
  'woken-twice': [84, 'woken-once'],
  'stall-counted-as-silence': [4, 'own-silence'],
  'resume-without-reset': [0, 'not-early'],
  'quota-after-await': [1, 'quotas'],
  'presence-as-work': [12, 'not-late'],
  'axes-mixed': [0, 'not-early'],
  'tombstone-lost': [0, 'tombstones-stay'],
  'activity-lost-in-hibernation': [23, 'never-lost'],
  'failed-commit-acknowledged': [237, 'stored-as-told', 'sqlite'],
  'half-group-kept': [44, 'never-lost', 'sqlite'],
  'held-over-restart': [0, 'taken-back', 'sqlite'],
  'doubt-told-as-certain': [58, 'numbered', 'sqlite'],
  'doubt-left-open': [45, 'read-is-durable', 'sqlite'],
};

/**
 * What is run on every change: this many seeds, from the first one on, over each store. They run in the process of the tests: a change that
 * makes one of them loop hangs it, and `npm run simulate`, whose workers are ended from outside, says which one it is.
 */
export const IN_CI = 240;
