/**
 * Faults that the simulation plants in this very code, one at a time, to show that it would find them. Each name is one
 * way in which a session runtime, or its store, goes wrong; where the code asks for it, the right thing stands beside it.
 */
export const PLANTED_FAULTS = [
  'fence-check-dropped',
  'acknowledged-before-commit',
  'shown-before-commit',
  'chart-rolled-back',
  'work-reaped',
  'cleanup-twice',
  'timer-forgotten',
  'wake-without-lane',
  'woken-twice',
  'stall-counted-as-silence',
  'resume-without-reset',
  'quota-after-await',
  'presence-as-work',
  'axes-mixed',
  'tombstone-lost',
  'activity-lost-in-hibernation',
  'failed-commit-acknowledged',
  'half-group-kept',
  'held-over-restart',
  'doubt-told-as-certain',
  'doubt-left-open',
] as const;

/** A way to go wrong. */
export type PlantedFault = (typeof PLANTED_FAULTS)[number];

let inForce: PlantedFault | null = null;

/** Whether this fault is in force. Never, outside the simulation: one comparison of two references. */
export const planted = (fault: PlantedFault): boolean => inForce === fault;

/** Puts a fault in force, in place of the one before; `null`: none. Only for the simulation. */
export const plant = (fault: PlantedFault | null): void => {
  inForce = fault;
};
