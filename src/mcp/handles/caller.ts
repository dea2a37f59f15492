import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { InvalidOptionError } from '../../errors.ts';
import { callerOfRequest, callerOfServer } from '../callers.ts';
import { callerOfConnection } from '../stdio/connection-caller.ts';

/** Tells who calls a tool: a principal the host application vouches for, or `null` for an anonymous caller. */
export type PrincipalOf = (ctx: ServerContext) => string | null;

/**
 * Whom an endpoint of this package vouches for: whom it let the request in as, or made the server for, or whose process it is
 * (stdio). `undefined`: none serves this call.
 */
const vouchedFor = ({ http }: ServerContext, server?: McpServer): string | null | undefined =>
  [
    http?.req && callerOfRequest(http.req),
    // A factory may return what is inside of it as well.
    server && callerOfServer(server),
    server && callerOfServer(server.server),
    // What comes over HTTP is no message of the pipe, whatever set the work off that opened the port.
    http === undefined ? callerOfConnection() : undefined,
  ].find((one) => one !== undefined);

/**
 * Who calls, where nobody says how to tell: whom the endpoint vouches for; without one of this package an anonymous caller, as
 * long as nobody was authenticated. Throws `InvalidOptionError` where somebody was: which part of a token names its bearer
 * is not to be guessed.
 */
export const principalByContext = (ctx: ServerContext, server?: McpServer): string | null => {
  const told = vouchedFor(ctx, server);
  if (told !== undefined) return told;
  if (ctx.http?.authInfo === undefined) return null;
  throw new InvalidOptionError(
    'principal',
    undefined,
    'given, because the request is authenticated: a function that returns the principal of a call, such as (ctx) => ctx.http?.authInfo?.clientId ?? null',
  );
};

/**
 * Who calls, by the function that was given, or by the context without one. It throws `InvalidOptionError` where that function
 * names nobody by mistake: nothing at all, or an anonymous caller where the endpoint has let somebody in.
 */
export const callerBy =
  (given: PrincipalOf | undefined) =>
  (ctx: ServerContext, server?: McpServer): string | null => {
    if (given === undefined) return principalByContext(ctx, server);
    const named: unknown = given(ctx);
    if (named === null && typeof vouchedFor(ctx, server) === 'string') {
      const allowed = 'left out, or the name of the caller, whom the endpoint has authenticated';
      throw new InvalidOptionError('what principal returns', named, allowed);
    }
    if (named === null || (typeof named === 'string' && named !== '')) return named;
    throw new InvalidOptionError('what principal returns', named, 'a name, or null for nobody');
  };
