import { heard } from '../errors/heard.ts';
import { InvalidOptionError } from '../errors.ts';
import { type AllowedNames, allowedNames } from '../http/allowed-names.ts';
import type { FetchContext } from '../http/fetch.ts';
import { checkedPrincipal } from '../identity/principal.ts';
import { LIMITS } from '../limits.ts';
import { checkedCount } from '../runtime/liveness/deadlines.ts';
import { sentBy } from './callers.ts';
import { readJsonBody } from './json-body.ts';
import { forbidden, internalError } from './sessions/answers.ts';

/**
 * Says who asks: the principal's name (at most 256 characters, never empty), `null` for an anonymous caller, or a
 * `Response` that is sent instead (401, 403). Called once a request, before its body is read. When it throws, the client
 * gets 500 and `onError` hears why.
 *
 * @param authInfo what the framework's own authentication found, where an adapter hands it over; else `undefined`.
 */
export type Authenticate = (
  request: Request,
  authInfo: unknown,
) => string | null | Response | Promise<string | null | Response>;

/** What is looked at before a request goes anywhere. */
export interface GateOptions {
  /**
   * Says who asks. Default: everybody is anonymous, and whoever knows a session's id may use it. Where an adapter hands
   * over `authInfo` and this is not given, every request is answered with 500, so that nobody runs unbound by accident.
   */
  readonly authenticate?: Authenticate;
  /**
   * Host names a request may be sent to, without port; default: those of the loopback interface. Behind a
   * name of its own the endpoint answers every request with 403 until the name is listed here. No wildcards.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Host names a browser's page may come from, or whole origins (`https://page.example`), which stand for their host names;
   * default: those of the loopback interface.
   */
  readonly allowedOrigins?: readonly string[];
  /** The longest request body, bytes, at least 1; default 4 MiB. Longer ones get 413. */
  readonly maxBodyBytes?: number;
  /** Hears what the client is not told. What it throws is lost. Default: the first one is a warning of the process. */
  readonly onError?: (error: unknown) => void;
}

/** A request that may come in: who asks, and what for. */
export interface Admitted {
  /** Who asks; `null` is anonymous. */
  readonly principal: string | null;
  /** What the framework's own authentication found; `undefined` for nothing. */
  readonly authInfo: unknown;
  /** The body as JSON; `undefined` for a request that has none (every method but POST). */
  readonly body: unknown;
}

/** Looks a request over; a refusal is the `Response` to send. Never rejects. */
export type Gate = (request: Request, context?: FetchContext) => Promise<Admitted | Response>;

const unboundError = (): InvalidOptionError =>
  new InvalidOptionError(
    'authenticate',
    undefined,
    'a function where an adapter hands over authInfo: without it nothing says whose sessions these are',
  );

const NAMED = 'what authenticate returns';

/** Names the principal. Rejects with what `authenticate` throws, and for an answer that names nobody. */
const principalOf = async (
  { authenticate }: GateOptions,
  request: Request,
  authInfo: unknown,
): Promise<string | null | Response> => {
  if (authenticate === undefined) {
    if (authInfo !== undefined) throw unboundError();
    return null;
  }
  const principal: unknown = await authenticate(request, authInfo);
  // A copy, for it may be one that is returned each time, and can be sent only once.
  if (principal instanceof Response) return principal.clone();
  // Nobody is named by mistake: whoever means an anonymous caller says so.
  if (principal !== undefined) return checkedPrincipal(principal, NAMED);
  throw new InvalidOptionError(NAMED, principal, 'a name, null, or a Response');
};

/**
 * Makes what stands before both legs: Host, Origin, who asks, the body; in this order, so that nobody who may not come in
 * has a body read. Throws `InvalidOptionError`.
 */
export const createGate = (options: GateOptions): Gate => {
  const names: AllowedNames = allowedNames(options);
  const onError = heard('The gate of an MCP endpoint', options.onError);
  const mostBytes = checkedCount('maxBodyBytes', options.maxBodyBytes ?? LIMITS.requestBodyBytes);
  return async (request, context) => {
    const refused = names(request.headers);
    if (refused !== null) return forbidden(refused.why, refused.option);
    const authInfo = context?.authInfo;
    try {
      const principal = await principalOf(options, request, authInfo);
      if (principal instanceof Response) return principal;
      sentBy(request, principal);
      if (request.method !== 'POST') return { principal, authInfo, body: undefined };
      const body = await readJsonBody(request, mostBytes, context?.parsedBody);
      return body instanceof Response ? body : { principal, authInfo, body: body.json };
    } catch (error) {
      onError(error);
      return internalError();
    }
  };
};
