import { HoldfastError } from '../../src/index.ts';

/** What work that fails is rejected with. */
export class JobFailed extends Error {}

/** The refusals that a user was promised, whatever the store does. */
const PROMISED = new Set(
  [
    ...['STORE', 'OUTCOME_UNKNOWN', 'TERMINATED', 'PAUSED', 'BUSY', 'CAPACITY', 'JOURNAL_FULL'],
    ...['DRAINING', 'BEHAVIOUR_DOWN', 'NOT_FOUND', 'TIMEOUT', 'ABORTED', 'INITIALIZE', 'NOT_READY'],
  ].map((code) => `ERR_HOLDFAST_${code}`),
);

/** Whether a call may be refused with this. */
export const isPromised = (error: unknown): boolean =>
  error instanceof JobFailed || (error instanceof HoldfastError && PROMISED.has(error.code));
