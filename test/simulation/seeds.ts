import type { PlantedFault } from '../../src/planted.ts';

/** Seeds that once failed, and what they had found. They stay. */
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
];

/** A seed that finds each fault, early. `npm run simulate -- --faults` looks for others. */
export const FOUND_BY: Readonly<Record<PlantedFault, number>> = {
  'fence-check-dropped': 1,
  'acknowledged-before-commit': 22,
  'shown-before-commit': 0,
  'chart-rolled-back': 12,
  'work-reaped': 0,
  'cleanup-twice': 2,
  'timer-forgotten': 12,
  'wake-without-lane': 8,
  'woken-twice': 0,
  'stall-counted-as-silence': 0,
  'resume-without-reset': 0,
  'quota-after-await': 0,
  'presence-as-work': 12,
  'axes-mixed': 0,
  'tombstone-lost': 0,
  'activity-lost-in-hibernation': 2,
};

/** What is run on every change: this many seeds, from the first one on. */
export const IN_CI = 240;
