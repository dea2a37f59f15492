import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fetchable } from '../fetch.ts';
import { exchange, type NodeHandlerOptions, servingOf } from './node-exchange.ts';

/** What the handler needs of a request of Fastify 5. */
export interface FastifyRequestLike {
  readonly raw: IncomingMessage;
  /** What Fastify made of the body. */
  readonly body?: unknown;
  /** Whom an authentication found. */
  readonly auth?: unknown;
}

/** What the handler needs of a reply of Fastify 5. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, number | string | readonly string[] | undefined>>;
}

/** A handler for `fastify.all(path, …)`. Never rejects. */
export type FastifyHandler = (
  request: FastifyRequestLike,
  reply: FastifyReplyLike,
) => Promise<void>;

/**
 * Serves an app on Fastify 5. Throws `InvalidOptionError`.
 *
 * ```ts
 * const fastify = Fastify({ bodyLimit: 4 * 1024 * 1024 });
 * fastify.all('/mcp', toFastifyHandler(endpoint));
 * ```
 *
 * Fastify reads and parses JSON and text itself, before this is called: the limit that applies to them is its `bodyLimit`,
 * 1 MiB unless it is told otherwise, and it answers what is no JSON, and types it does not know. `maxBodyBytes` applies to
 * a body that Fastify left unread. `request.auth` is handed over as `authInfo`. The answer is written past Fastify
 * (`reply.hijack()`): with the headers that hooks have set by then, but no hook sees the answer.
 */
export const toFastifyHandler = (app: Fetchable, options?: NodeHandlerOptions): FastifyHandler => {
  const serving = servingOf('toFastifyHandler', app, options);
  return (request, reply) => {
    const { raw, body, auth } = request;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.hijack();
    return exchange(serving, raw, reply.raw, { body, authInfo: auth });
  };
};
