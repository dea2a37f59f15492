/** What must be true of what a process finds after the one before it was killed. */
export const PROMISES = {
  lost: 'A session that was acknowledged is there, until its end was asked for and its tombstone is due.',
  unasked: 'No session is there that nobody asked for, and none twice.',
  returned: 'What is gone does not come back.',
  ended: 'A session that ended stays ended, with the reason that was acknowledged.',
  decided: 'An end that was decided is not taken back: its cleanup runs, then it is recorded.',
  cleanup: 'cleanup and onTerminated run before a tombstone, and not after it.',
  messages: 'An acknowledged message is in the journal once, whole, and in its place.',
  journal: 'The numbers of a journal have no hole.',
  data: 'The data is what was acknowledged last, or what was asked for after that.',
  behaviour: 'A behaviour goes on with every event that was acknowledged, once and in order.',
  paused: 'A pause that was acknowledged survives, and so does a resume.',
  ids: 'A session has the id that was acknowledged last, and its old ones are unknown.',
  keys: 'A key leads to the same session until that ends.',
  operations:
    'An operation that its process did not finish is told to onInterrupted; a finished one is not lost.',
  process: 'A process does what it was told, and finds nothing wrong with itself.',
} as const;

/** The name of a promise. */
export type PromiseName = keyof typeof PROMISES;

/** A promise that was broken. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly promise: PromiseName;

  constructor(promise: PromiseName, detail: string) {
    super(`${PROMISES[promise]} ${detail}`);
    this.promise = promise;
  }
}

/** Throws `Broken` unless it is so. */
export const hold = (promise: PromiseName, isSo: boolean, detail: () => string): void => {
  if (!isSo) throw new Broken(promise, detail());
};
