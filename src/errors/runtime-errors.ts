import { HoldfastError } from './holdfast-error.ts';

/** The option that says how many sessions there may be: in memory, of one principal, or in a durable store. */
type CapacityLimit = 'maxResident' | 'maxPerPrincipal' | 'maxStored';

/** There is no room for one more session. Nothing was created; try again after `retryAfterMs`. */
export class CapacityError extends HoldfastError {
  readonly limit: CapacityLimit;
  readonly retryAfterMs: number;

  constructor(limit: CapacityLimit, most: number, retryAfterMs: number) {
    super(
      'ERR_HOLDFAST_CAPACITY',
      `No room for another session: ${limit} is ${most}. Try again in ${retryAfterMs} ms.`,
      { retryable: true },
    );
    this.limit = limit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The runtime is draining or closed and takes nothing new. */
export class DrainingError extends HoldfastError {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('ERR_HOLDFAST_DRAINING', 'The runtime is draining: it takes nothing new.', {
      retryable: true,
    });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The caller may not do this, whatever the session: for example, an anonymous caller may not list. */
export class ForbiddenError extends HoldfastError {
  constructor(what: string) {
    super('ERR_HOLDFAST_FORBIDDEN', what);
  }
}

/** Something took longer than it was given. */
export class TimeoutError extends HoldfastError {
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super('ERR_HOLDFAST_TIMEOUT', `${what} took longer than ${timeoutMs} ms.`, { retryable: true });
    this.timeoutMs = timeoutMs;
  }
}
