import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { InvalidOptionError } from '../../errors.ts';

/** Tells who calls a tool: a principal the host application vouches for, or `null` for an anonymous caller. */
export type PrincipalOf = (ctx: ServerContext) => string | null;

/** Whom an endpoint made a server for: it serves nobody else. */
const CALLERS = new WeakMap<object, string | null>();

/**
 * Notes for whom an endpoint made this server, so that its tools need not be told. Throws `InvalidOptionError` where it was
 * made for somebody else before: a factory must not hand one server to two callers.
 */
export const boundTo = <S extends object>(server: S, principal: string | null): S => {
  const before = CALLERS.get(server);
  if (before !== undefined && before !== principal) {
    throw new InvalidOptionError('server', server, 'a factory that makes a new server each time');
  }
  CALLERS.set(server, principal);
  return server;
};

/**
 * Who calls, where nobody says how to tell: whom the endpoint made the server for; without one, an anonymous caller, as long as
 * nobody was authenticated. Throws `InvalidOptionError` where somebody was: which part of a token names its bearer
 * is not to be guessed.
 */
export const principalByContext = (ctx: ServerContext, server?: McpServer): string | null => {
  // A factory may return what is inside of it as well.
  const made = server && [server, server.server].find((one) => CALLERS.has(one));
  if (made !== undefined) return CALLERS.get(made) ?? null;
  if (ctx.http?.authInfo === undefined) return null;
  throw new InvalidOptionError(
    'principal',
    undefined,
    'given, because the request is authenticated: a function that returns the principal of a call, such as (ctx) => ctx.http?.authInfo?.clientId ?? null',
  );
};
