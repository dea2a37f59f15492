/** The stable codes of all errors Holdfast throws. A code never changes its meaning. */
export type HoldfastErrorCode =
  | 'ERR_HOLDFAST_INVALID_OPTION'
  | 'ERR_HOLDFAST_INVALID_ID'
  | 'ERR_HOLDFAST_INVALID_EVENT'
  | 'ERR_HOLDFAST_NOT_FOUND'
  | 'ERR_HOLDFAST_TERMINATED'
  | 'ERR_HOLDFAST_UNREADABLE'
  | 'ERR_HOLDFAST_PAUSED'
  | 'ERR_HOLDFAST_NOT_READY'
  | 'ERR_HOLDFAST_NOT_ENDED'
  | 'ERR_HOLDFAST_CAPACITY'
  | 'ERR_HOLDFAST_BUSY'
  | 'ERR_HOLDFAST_JOURNAL_FULL'
  | 'ERR_HOLDFAST_INVALID_DATA'
  | 'ERR_HOLDFAST_UPDATE_CONFLICT'
  | 'ERR_HOLDFAST_INITIALIZE'
  | 'ERR_HOLDFAST_BEHAVIOUR_DOWN'
  | 'ERR_HOLDFAST_DRAINING'
  | 'ERR_HOLDFAST_FORBIDDEN'
  | 'ERR_HOLDFAST_TIMEOUT'
  | 'ERR_HOLDFAST_ABORTED'
  | 'ERR_HOLDFAST_STORE'
  | 'ERR_HOLDFAST_FENCED'
  | 'ERR_HOLDFAST_OUTCOME_UNKNOWN'
  | 'ERR_HOLDFAST_ALREADY_EXISTS'
  | 'ERR_HOLDFAST_STORE_OPEN'
  | 'ERR_HOLDFAST_MISSING_PACKAGE';

const BRAND = Symbol.for('holdfast.error');

/**
 * The base of every error Holdfast throws. `code` is stable; `retryable` says whether the same call may
 * succeed later without a change. `instanceof HoldfastError` holds across two copies of the package.
 */
export class HoldfastError extends Error {
  readonly code: HoldfastErrorCode;
  readonly retryable: boolean;

  constructor(
    code: HoldfastErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== HoldfastError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
