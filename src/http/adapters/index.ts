/** Serving an endpoint with a framework: public as `holdfast/adapters`. Listed by hand. */

export type { Fetchable, FetchContext } from '../fetch.ts';
export { type ExpressHandler, type ExpressRequest, toExpressHandler } from './express.ts';
export {
  type FastifyHandler,
  type FastifyReplyLike,
  type FastifyRequestLike,
  toFastifyHandler,
} from './fastify.ts';
export { type HonoContextLike, type HonoHandler, toHonoHandler } from './hono.ts';
export { type NodeHandler, toNodeHandler } from './node.ts';
export type { NodeHandlerOptions } from './node-exchange.ts';
