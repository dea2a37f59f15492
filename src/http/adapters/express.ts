import type { ServerResponse } from 'node:http';
import type { Fetchable } from '../fetch.ts';
import { exchange, type NodeHandlerOptions, servingOf } from './node-exchange.ts';
import type { NodeIncoming } from './node-request.ts';

/** What the handler needs of a request of Express 4 or 5. */
export type ExpressRequest = NodeIncoming & {
  /** What a body parser made of the body. */
  readonly body?: unknown;
  /** Whom an authentication found. */
  readonly auth?: unknown;
};

/** A handler for `app.all(path, …)` or `app.use(path, …)`. Never rejects. */
export type ExpressHandler = (
  req: ExpressRequest,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * Serves an app on Express 4 or 5. Throws `InvalidOptionError`.
 *
 * ```ts
 * const app = express();
 * app.all('/mcp', toExpressHandler(endpoint));
 * ```
 *
 * It needs no body parser. Where one ran (`express.json()`), its body is used, and its limit held: 100 kB unless it was
 * told otherwise. `req.auth` is handed over as `authInfo`. What the app rejects with goes to `next`, `onError` hears only of
 * an answer that failed on its way. Headers that were set before are sent too. The path is the whole one, wherever it is
 * mounted. Middleware that compresses holds streams back.
 */
export const toExpressHandler = (app: Fetchable, options?: NodeHandlerOptions): ExpressHandler => {
  const serving = servingOf('toExpressHandler', app, options);
  return (req, res, next) =>
    exchange(serving, req, res, { body: req.body, authInfo: req.auth, fail: next });
};
