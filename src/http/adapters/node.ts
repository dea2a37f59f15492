import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fetchable } from '../fetch.ts';
import { exchange, type NodeHandlerOptions, servingOf } from './node-exchange.ts';

/** Answers requests of node:http. Never rejects. */
export type NodeHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * Serves an app on plain node:http, whatever the path. Throws `InvalidOptionError`.
 *
 * ```ts
 * const server = createServer(toNodeHandler(endpoint));
 * server.listen(4100, '127.0.0.1');
 * ```
 *
 * What code of yours has put at `req.auth` is handed over as `authInfo`. A request whose Host is malformed is answered with
 * 400, TRACE with 405. The address of a request is made of its Host header: behind a proxy that is the proxy's affair, and
 * the scheme is that of the connection.
 */
export const toNodeHandler = (app: Fetchable, options?: NodeHandlerOptions): NodeHandler => {
  const serving = servingOf('toNodeHandler', app, options);
  return (req, res) => {
    const { auth } = req as IncomingMessage & { readonly auth?: unknown };
    return exchange(serving, req, res, { authInfo: auth });
  };
};
