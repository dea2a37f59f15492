import { InvalidOptionError } from '../errors.ts';
import { boundTo } from './callers.ts';
import type { ServerLike } from './sessions/options.ts';

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object without connect and close' : `a ${typeof value}`;
};

/**
 * What a factory has made, if it is a server. Throws a `TypeError` otherwise: it is the operator's mistake, and no client is
 * told of it.
 */
const madeServer = <S extends ServerLike>(made: S): S => {
  const { connect, close } = (made ?? {}) as Partial<ServerLike>;
  if (typeof connect === 'function' && typeof close === 'function') return made;
  throw new TypeError(
    `server must return a server (an McpServer or a Server of the SDK), but it returned ${kindOf(made)}`,
  );
};

/**
 * The same factory, whose servers are servers, and know for whom they were made: see `boundTo`. An `InvalidOptionError` in
 * it is about options of the operator's and none of the client's, who would be told of it: so it rejects with another error,
 * whose `cause` that is.
 */
export const madeBy =
  <Context extends { readonly principal: string | null }, S extends ServerLike>(
    factory: (context: Context) => S | Promise<S>,
  ) =>
  async (context: Context): Promise<S> => {
    try {
      return boundTo(madeServer(await factory(context)), context.principal);
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error;
      throw new Error('The server could not be made.', { cause: error });
    }
  };
