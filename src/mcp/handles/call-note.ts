import type { ServerContext } from '@modelcontextprotocol/server';

/** What a tool that takes a handle was called with, for what is bound to that call. */
export interface HandleCall {
  readonly tool: string;
  readonly handle: string;
}

/** On the context, and not beside it: a handler may spread the context, and hand on its copy. */
const CALL = Symbol('holdfast.handleCall');

type NotedContext = ServerContext & { readonly [CALL]?: HandleCall };

/** The context as the handler of a handle's tool gets it: with its call noted, and the signal of the session's work. */
export const contextOf = (
  ctx: ServerContext,
  call: HandleCall,
  signal: AbortSignal,
): ServerContext => {
  const noted: NotedContext = { ...ctx, mcpReq: { ...ctx.mcpReq, signal }, [CALL]: call };
  return noted;
};

/** The call of a handle's tool that this context belongs to; `null` in every other call. */
export const callOf = (ctx: ServerContext): HandleCall | null =>
  (ctx as NotedContext)[CALL] ?? null;
