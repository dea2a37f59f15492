/**
 * What kind of hole in time was found: `stall`, the event loop was held up; `wall-ahead`, the machine slept
 * or its wall clock was put forward (the two cannot be told apart); `wall-behind`, it was put back.
 */
export type GapKind = 'stall' | 'wall-ahead' | 'wall-behind';
