import {
  createRequestStateCodec,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { InvalidOptionError } from '../../errors.ts';
import { callOf } from './call-note.ts';
import { callerBy, type PrincipalOf } from './caller.ts';
import { assertStateOptions } from './checked-options.ts';

/** How request states are sealed. */
export interface RequestStateOptions {
  /** At least 32 bytes, the same in every process that may get the state back. Throws `RangeError` when it is shorter. */
  readonly key: Uint8Array | string;
  /** How long a state is good for, seconds, at least 1; default 600. */
  readonly ttlSeconds?: number;
  /**
   * Who calls. Default: whom `createMcpEndpoint`, `createMcpSessions` or `serveMcpStdio` says it is; with an endpoint of
   * your own, anonymous, and a call that is authenticated is refused until this is given.
   */
  readonly principal?: PrincipalOf;
}

/** Seals what a tool must know again when the client comes back with the answers to its questions (`input_required`). */
export interface RequestState<T = unknown> {
  /** The `requestState` for `inputRequired(…)`: signed, not encrypted, so nothing secret goes in. */
  mint(payload: T, ctx: ServerContext): Promise<string>;
  /**
   * What was sealed in the round before; `undefined` in the first round. Throws the SDK's `ProtocolError`, "Invalid or
   * expired requestState", for one of another tool or another handle. Use it instead of `ctx.mcpReq.requestState()`.
   */
  read(ctx: ServerContext): T | undefined;
  /** For the server: `new McpServer(info, { requestState: { verify: state.verify } })`. */
  readonly verify: (state: string, ctx: ServerContext) => Promise<unknown>;
}

/** What was sealed, until the call it comes back with is known to be the right one. */
class Unsealed {
  readonly payload: unknown;
  readonly call: string | null;

  constructor({ payload, call }: Sealed) {
    this.payload = payload;
    this.call = call;
  }
}

interface Sealed {
  readonly payload: unknown;
  readonly call: string | null;
}

/**
 * The SDK's own codec for `requestState`, bound to the caller, to the MCP session where there is one, and to the tool and
 * the handle of the call: a state that comes back from somebody else, with another handle or too late is
 * refused. It is not one-time: the same state may come back again until it expires, so what must happen once is to be noted in the
 * session. Throws `InvalidOptionError`, and `RangeError` for a key that is too short.
 */
export const createRequestState = <T = unknown>(options: RequestStateOptions): RequestState<T> => {
  assertStateOptions(options);
  const { key, ttlSeconds = 600 } = options;
  const principal = callerBy(options.principal);
  if (!(Number.isFinite(ttlSeconds) && ttlSeconds >= 1)) {
    throw new InvalidOptionError('ttlSeconds', ttlSeconds, 'a finite number of at least 1');
  }
  // The name of the tool is in a header, and in no context; of a handle's tool it is in the seal as well.
  const bind = (ctx: ServerContext): string =>
    JSON.stringify([
      principal(ctx),
      ctx.sessionId ?? null,
      ctx.mcpReq.method,
      ctx.http?.req?.headers.get('mcp-name') ?? null,
    ]);
  const codec = createRequestStateCodec<Sealed>({ key, ttlSeconds, bind });
  return {
    mint: (payload, ctx) => codec.mint({ payload, call: callInWords(ctx) }, ctx),
    verify: async (state, ctx) => new Unsealed(await codec.verify(state, ctx)),
    read: (ctx) => {
      const state = ctx.mcpReq.requestState();
      if (state === undefined) return undefined;
      if (!(state instanceof Unsealed)) {
        const allowed = 'the `verify` of this request state';
        throw new InvalidOptionError('requestState.verify of the server', typeof state, allowed);
      }
      if (state.call !== callInWords(ctx)) throw refused();
      return state.payload as T; // What `mint` of the same codec was given: the seal is whole.
    },
  };
};

/** The handle's call a state belongs to, as a text that no other call has; `null` outside of one. */
const callInWords = (ctx: ServerContext): string | null => {
  const call = callOf(ctx);
  return call === null ? null : JSON.stringify([call.tool, call.handle]);
};

/** As the SDK refuses one that was tampered with. */
const refused = (): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState', {
    reason: 'invalid_request_state',
  });
