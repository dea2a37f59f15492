import { type Names, refuseOtherNames } from '../errors/known-names.ts';
import { InvalidOptionError } from '../errors.ts';
import { refuseNoClock, refuseNoFunction, refuseWithout } from '../http/option-kinds.ts';
import type { McpSessionsOptions } from './sessions/options.ts';

/** The options of `createMcpSessions`, which every endpoint over HTTP has. */
export const SESSIONS_OPTIONS = {
  runtime: true,
  server: true,
  authenticate: true,
  allowedHosts: true,
  allowedOrigins: true,
  maxBodyBytes: true,
  requestTimeoutMs: true,
  answers: true,
  onError: true,
  clock: true,
} as const satisfies Names<McpSessionsOptions>;

/** What every way into this front-end is given. */
interface Given {
  readonly runtime?: unknown;
  readonly server?: unknown;
  readonly onError?: unknown;
  readonly clock?: unknown;
}

/**
 * Refuses unknown options of a call, and what is of the wrong kind: a misspelt `authenticate` would let everybody in, and a
 * runtime that is none would be found out by the first client. Throws `InvalidOptionError`.
 *
 * @param uses the methods of the runtime it needs.
 */
export const checkGiven = (
  call: string,
  known: Readonly<Record<string, true>>,
  options: unknown,
  uses: readonly string[],
): void => {
  refuseOtherNames(call, known, options);
  const { runtime, server, onError, clock } = options as Given;
  const aRuntime = 'a runtime, as createRuntime makes it';
  if (runtime === undefined) throw new InvalidOptionError('runtime', runtime, aRuntime);
  refuseWithout('runtime', runtime, uses, aRuntime);
  const aFactory = 'a function that makes a server, a new one each time';
  if (server === undefined) throw new InvalidOptionError('server', server, aFactory);
  refuseNoFunction('server', server, aFactory);
  refuseNoFunction('onError', onError);
  refuseNoClock(clock);
};

/** The same for the calls over HTTP. Throws `InvalidOptionError`. */
export const checkHttpOptions = (
  call: string,
  known: Readonly<Record<string, true>>,
  options: unknown,
): void => {
  checkGiven(call, known, options, ['as', 'subscribe']);
  const { authenticate } = options as { readonly authenticate?: unknown };
  const allowed = 'a function that says who asks';
  refuseNoFunction('authenticate', authenticate, allowed);
  // One that came out undefined was meant to be there, and without it everybody comes in.
  if (authenticate === undefined && 'authenticate' in (options as object)) {
    throw new InvalidOptionError('authenticate', undefined, `${allowed}, or left out`);
  }
};
