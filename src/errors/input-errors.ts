import { HoldfastError } from './holdfast-error.ts';
import { Withheld } from './withheld.ts';

/** An option, argument or setting is not allowed. `value` is what was given, `allowed` what may be. */
export class InvalidOptionError extends HoldfastError {
  readonly option: string;
  readonly value: unknown;
  readonly allowed: string;

  constructor(option: string, value: unknown, allowed: string) {
    super('ERR_HOLDFAST_INVALID_OPTION', `${option} is ${show(value)}, but must be ${allowed}.`);
    this.option = option;
    this.value = value;
    this.allowed = allowed;
  }
}

/** A session id that Holdfast cannot have minted. Refused before any look-up. */
export class InvalidSessionIdError extends HoldfastError {
  constructor() {
    super(
      'ERR_HOLDFAST_INVALID_ID',
      'The session id is malformed: it must be "ses_" and 32 characters of base64url, as minted by Holdfast.',
    );
  }
}

/** An event whose type does not belong to the machine it was sent to; `xstate.*` is never let in. */
export class InvalidEventError extends HoldfastError {
  /** The event as it was given: nothing of it was delivered. */
  readonly event: unknown;

  constructor(event: unknown, allowed: readonly string[]) {
    super(
      'ERR_HOLDFAST_INVALID_EVENT',
      `The event type ${show(typeOf(event))} is not let in; allowed are: ${allowed.join(', ')}.`,
    );
    this.event = event;
  }
}

/** The data of a session is not what its schema allows. `issues` says where and why. Nothing was changed. */
export class InvalidDataError extends HoldfastError {
  readonly issues: readonly { readonly message: string; readonly path: string }[];

  constructor(issues: readonly { readonly message: string; readonly path: string }[]) {
    const told = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    super('ERR_HOLDFAST_INVALID_DATA', `The session's data is not allowed: ${told.join('; ')}.`);
    this.issues = issues;
  }
}

/** An optional package is needed for what was asked and is not installed. */
export class MissingPackageError extends HoldfastError {
  constructor(feature: string, packages: readonly string[], cause: unknown) {
    super(
      'ERR_HOLDFAST_MISSING_PACKAGE',
      `${feature} needs ${packages.join(' and ')}. Install with: npm install ${packages.join(' ')}`,
      { cause },
    );
  }
}

const show = (value: unknown): string => {
  if (value instanceof Withheld) return value.toString();
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return String(value);
};

const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'type' in event ? event.type : event;
