import type {
  CallToolResult,
  Icon,
  InputRequiredResult,
  McpServer,
  RegisteredTool,
  ServerContext,
  StandardSchemaWithJSON,
  ToolAnnotations,
} from '@modelcontextprotocol/server';
import { contained } from '../../errors/contained.ts';
import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { checkedDuration } from '../../runtime/liveness/deadlines.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Session } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';
import { systemClock } from '../../time/system-clock.ts';
import { callerBy, type PrincipalOf } from './caller.ts';
import {
  assertHandlesOptions,
  assertRegisterOptions,
  assertServer,
  assertToolConfig,
} from './checked-options.ts';
import { HandleSessions } from './handle-sessions.ts';
import { HandleTools } from './handle-tools.ts';
import { registerOwnTools } from './own-tools.ts';
import { checkedTtl } from './time-to-live.ts';

/** What a handler gets of its schema: the parsed input; an empty object without a schema. */
export type HandleInput<Schema> = Schema extends StandardSchemaWithJSON
  ? StandardSchemaWithJSON.InferOutput<Schema>
  : Readonly<Record<string, never>>;

/** What handles of one kind are like. */
export interface HandlesOptions<
  Data = unknown,
  SessionInput = Data,
  Schema extends StandardSchemaWithJSON | undefined = undefined,
> {
  /** Each handle is one of its sessions: under its limits and quotas, in its store, ended by its deadlines. */
  readonly runtime: Runtime<Data, SessionInput>;
  /** `cart`: the argument's name, and how its tools' names begin (`cart_open`). `[a-z][a-z0-9_]*`, at most 40 characters. */
  readonly name: string;
  /** What one is, for the model: "a shopping cart". */
  readonly describe: string;
  /**
   * Who calls. Default: whom `createMcpEndpoint`, `createMcpSessions` or `serveMcpStdio` says it is; with an endpoint of
   * your own, anonymous, and a call that is authenticated is refused until this is given.
   */
  readonly principal?: PrincipalOf;
  /**
   * How long one lives without use, ms, at least 1,000; the model is told it. Default, and most: the runtime's
   * `deadlines.idleTimeoutMs`. Must be given where that is `'off'`.
   */
  readonly ttlMs?: number;
  /** The longest a call may take, ms, at least 1; default 10 min. */
  readonly callTimeoutMs?: number | 'off';
  /** What the opening tool takes; default: nothing. */
  readonly input?: Schema;
  /** The session's data at the start, from what the opening tool was given. Default: the runtime's. */
  readonly data?: (input: HandleInput<Schema>) => NoInfer<SessionInput>;
  /** Hears what the model is not told: what went wrong inside. What a handler throws is told by the SDK, and not heard here. */
  readonly onError?: (error: unknown) => void;
  /** Source of time, the runtime's own; default: the system's. */
  readonly clock?: Clock;
}

/** The tools that handles of one kind have themselves. */
export interface RegisterHandlesOptions {
  /** The opening tool: its name (default `<name>_open`) and what else the model is told of it. */
  readonly open?: { readonly name?: string; readonly description?: string };
  /** Whether there is `<name>_list`, a page of the caller's handles; default false. An anonymous caller is refused by it. */
  readonly list?: boolean;
  /** Whether there is `<name>_extend`, which counts as use and does nothing else; default false. */
  readonly extend?: boolean;
}

/** How a tool that takes a handle is registered: as with the SDK, the handle's argument aside. */
export interface HandleToolConfig<
  Schema extends StandardSchemaWithJSON | undefined = undefined,
  Output extends StandardSchemaWithJSON | undefined = undefined,
> {
  readonly title?: string;
  readonly description?: string;
  /** The tool's own arguments: an object schema without a property of the handle's name. */
  readonly inputSchema?: Schema;
  readonly outputSchema?: Output;
  readonly annotations?: ToolAnnotations;
  readonly icons?: Icon[];
  /** As in the SDK: which scopes the call needs. */
  readonly scopeChallenge?: NonNullable<RegisteredTool['scopeChallenge']>;
  readonly _meta?: Record<string, unknown>;
}

/**
 * The work of a tool that takes a handle. It runs as work of the session, which is therefore not reaped meanwhile.
 * `ctx.mcpReq.signal` is aborted when the client cancels, the session ends, or the time is over.
 */
export type HandleToolHandler<Data, Schema> = (
  session: Session<Data>,
  input: HandleInput<Schema>,
  ctx: ServerContext,
) => CallToolResult | InputRequiredResult | Promise<CallToolResult | InputRequiredResult>;

/** Handles of one kind: opened, used and closed by an id that the model passes as an argument. */
export interface Handles<
  Data = unknown,
  Schema extends StandardSchemaWithJSON | undefined = undefined,
> {
  readonly name: string;
  readonly ttlMs: number;
  /** Registers `<name>_open` and `<name>_close`, and the optional ones. Throws `InvalidOptionError`. */
  register(server: McpServer, options?: RegisterHandlesOptions): void;
  /**
   * Registers a tool that takes a handle. The handle is checked against the caller on every call, before the handler runs. Throws
   * `InvalidOptionError` for a schema the handle's argument cannot be added to, and for an option there is not.
   */
  registerTool<
    Own extends StandardSchemaWithJSON | undefined = undefined,
    Output extends StandardSchemaWithJSON | undefined = undefined,
  >(
    server: McpServer,
    tool: string,
    config: HandleToolConfig<Own, Output>,
    handler: HandleToolHandler<Data, Own>,
  ): RegisteredTool;
  /** Opens one outside of a tool. `input` is as the schema gives it, and not parsed again. Rejects as `create` of the runtime does. */
  open(principal: string | null, input: HandleInput<Schema>): Promise<Session<Data>>;
  /**
   * The caller's session under a handle; `null` for one that is unknown, malformed, expired, ended, of another kind or somebody
   * else's. No use of it. Rejects with `StoreError` where the store fails.
   */
  find(principal: string | null, handle: string): Promise<Session<Data> | null>;
}

const NAME = /^[a-z][a-z0-9_]*$/;

/**
 * Makes handles of one kind: state of an MCP server that outlives the request, for a protocol without sessions. Works in every
 * era and over every transport. Throws `InvalidOptionError`.
 */
export const createHandles = <
  Data = unknown,
  SessionInput = Data,
  Schema extends StandardSchemaWithJSON | undefined = undefined,
>(
  options: HandlesOptions<Data, SessionInput, Schema>,
): Handles<Data, Schema> => {
  assertHandlesOptions(options);
  const { runtime, name, describe, callTimeoutMs = LIMITS.operationTimeoutMs } = options;
  const allowed = `text of 1 to ${LIMITS.handleNameLength} characters that matches ${NAME.source}`;
  if (typeof name !== 'string' || !NAME.test(name) || name.length > LIMITS.handleNameLength) {
    throw new InvalidOptionError('name', name, allowed);
  }
  if (typeof describe !== 'string' || describe === '') {
    throw new InvalidOptionError('describe', describe, 'what one is, such as "a shopping cart"');
  }
  const ttlMs = checkedTtl(options.ttlMs, runtime.deadlines);
  const onError = (error: unknown): void =>
    contained(
      () => options.onError?.(error),
      () => undefined,
    );
  const clock = options.clock ?? systemClock();
  const sessions = new HandleSessions({ runtime, name, ttlMs, clock, onError });
  const open: Handles<Data, Schema>['open'] = async (principal, input) =>
    sessions.open(principal, options.data?.(input), null);
  const tools = new HandleTools({
    name,
    sessions,
    onError,
    principalOf: callerBy(options.principal),
    callTimeoutMs: checkedDuration('callTimeoutMs', callTimeoutMs, 1),
  });
  const own = {
    tools,
    sessions,
    name,
    describe,
    ttlMs,
    deadlines: runtime.deadlines,
    input: options.input,
    // As the schema of the opening tool gave it.
    data: (input: unknown) => options.data?.(input as HandleInput<Schema>),
  };
  return {
    name,
    ttlMs,
    open,
    find: (principal, handle) => sessions.find(principal, handle),
    register: (server, ownTools = {}) => {
      assertServer(server);
      assertRegisterOptions(ownTools);
      registerOwnTools(server, own, ownTools);
    },
    registerTool: (server, tool, config, handler) => {
      assertServer(server);
      assertToolConfig(tool, config, handler);
      return tools.register(server, tool, config, (session, input, ctx) =>
        handler(session, input as never, ctx),
      );
    },
  };
};
