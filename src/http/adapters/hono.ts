import { InvalidOptionError } from '../../errors.ts';
import type { Fetchable } from '../fetch.ts';
import { checkedApp } from '../option-kinds.ts';
import { discardBody } from '../written-response.ts';

/** What the handler needs of a context of hono. */
export interface HonoContextLike {
  readonly req: {
    readonly raw: Request;
    /** The body, also where somebody has read it through `c.req` before. */
    arrayBuffer(): Promise<ArrayBuffer>;
  };
  /** What middleware has set. */
  readonly var: object;
}

/** A handler for `app.all(path, …)`. Rejects with what the app rejects with, which hono's `onError` answers. */
export type HonoHandler = (c: HonoContextLike) => Promise<Response>;

/**
 * Serves an app on hono, on Node (with `@hono/node-server`) and on every runtime of the Web. Throws `InvalidOptionError`.
 *
 * ```ts
 * const app = new Hono();
 * app.all('/mcp', toHonoHandler(endpoint));
 * ```
 *
 * `c.var.auth` (`c.set('auth', …)`) is handed over as `authInfo`. The body is a stream here, and whoever reads it limits
 * it, as an endpoint does with its `maxBodyBytes`; so this has no options. A body that middleware has read through `c.req`
 * is handed on. The answer is an ordinary response, which middleware sees and may change.
 */
export const toHonoHandler = (app: Fetchable, ...options: readonly never[]): HonoHandler => {
  const checked = checkedApp(app);
  const [given] = options as readonly unknown[];
  // One that is handed on, and not there, is none.
  if (given !== undefined) {
    const allowed = 'left out: it has none, the endpoint has';
    throw new InvalidOptionError('the options of toHonoHandler', given, allowed);
  }
  return async (c) => {
    const { raw } = c.req;
    const { auth } = c.var as { readonly auth?: unknown };
    const response = await checked.fetch(raw.bodyUsed ? await readAgain(c) : raw, {
      authInfo: auth,
    });
    // Hono drops the body of an answer to HEAD, and whoever would have given it waits for ever.
    if (raw.method === 'HEAD') discardBody(response);
    return response;
  };
};

const readAgain = async ({ req }: HonoContextLike): Promise<Request> => {
  const { url, method, headers, signal } = req.raw;
  return new Request(url, { method, headers, signal, body: await req.arrayBuffer() });
};
