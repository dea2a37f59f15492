import type {
  CallToolResult,
  InputRequiredResult,
  McpServer,
  RegisteredTool,
  ServerContext,
  StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Session } from '../../runtime/session.ts';
import { contextOf } from './call-note.ts';
import { type HandleArguments, withHandle } from './handle-schema.ts';
import type { HandleSessions } from './handle-sessions.ts';
import { failure, malformedCall, type Refused, refusalOf, unknownHandle } from './words.ts';

type Result = CallToolResult | InputRequiredResult;

/** What the tools of one kind of handle have in common. */
export interface HandleToolsOptions<Data> {
  readonly name: string;
  readonly sessions: Pick<HandleSessions<Data, never>, 'find' | 'noteUse'>;
  readonly principalOf: (ctx: ServerContext, server: McpServer) => string | null;
  readonly onError: (error: unknown) => void;
  readonly callTimeoutMs: number;
}

/** A tool's registration, its types left behind. */
export interface ToolConfig {
  readonly inputSchema?: StandardSchemaWithJSON | undefined;
  readonly outputSchema?: StandardSchemaWithJSON | undefined;
  readonly description?: string;
}

/** What a tool does with a session it was given the handle of. */
export type HandleWork<Data> = (
  session: Session<Data>,
  input: unknown,
  ctx: ServerContext,
) => Result | Promise<Result>;

/** Tools that take a handle: the argument, the check on every call, and what the model reads where it is refused. */
export class HandleTools<Data> {
  readonly #options: HandleToolsOptions<Data>;
  /** How the opening tool of a server is called. Weak: in the modern era a server lives for one request. */
  readonly #openTools = new WeakMap<McpServer, string>();

  constructor(options: HandleToolsOptions<Data>) {
    this.#options = options;
  }

  /** Who calls a tool of this server. Throws where that cannot be told. */
  callerOf(ctx: ServerContext, server: McpServer): string | null {
    return this.#options.principalOf(ctx, server);
  }

  /** The opening tool of this server is called so. */
  opensBy(server: McpServer, openTool: string): void {
    this.#openTools.set(server, openTool);
  }

  /** A tool whose handler runs as work of the session. */
  register(
    server: McpServer,
    tool: string,
    config: ToolConfig,
    work: HandleWork<Data>,
  ): RegisteredTool {
    const most = LIMITS.operationNameLength;
    if (tool.length > most)
      throw new InvalidOptionError('tool', tool, `at most ${most} characters`);
    return this.registerPlain(server, tool, config, (session, input, ctx) =>
      this.#run(session, tool, server, ctx, (inner) => work(session, input, inner)),
    );
  }

  /** A tool that takes a handle and is no work of the session. */
  registerPlain(
    server: McpServer,
    tool: string,
    config: ToolConfig,
    work: HandleWork<Data>,
  ): RegisteredTool {
    const { name, sessions } = this.#options;
    const inputSchema = withHandle(config.inputSchema, {
      tool,
      name,
      description: `The id of the ${name}, as the tool that opened it gave it.`,
    });
    const { outputSchema: output, description, ...rest } = config;
    const shown = {
      ...rest,
      inputSchema,
      ...(description === undefined ? {} : { description }),
      ...(output === undefined ? {} : { outputSchema: output }),
    };
    return server.registerTool(tool, shown, ({ handle, input }: HandleArguments, ctx) =>
      this.answered(server, tool, async () => {
        const caller = this.callerOf(ctx, server);
        const refused = this.#refused(server, tool);
        const malformed = malformedCall(handle, refused);
        if (malformed !== null) return malformed;
        const session = await sessions.find(caller, handle);
        if (session === null) return unknownHandle(refused);
        return work(session, input, ctx);
      }),
    );
  }

  /** Answers with what `answer` resolves with, and in the model's words where it rejects. */
  async answered(server: McpServer, tool: string, answer: () => Promise<Result>): Promise<Result> {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof Thrown) throw error.error;
      return this.#refusal(error, this.#refused(server, tool));
    }
  }

  async #run(
    session: Session<Data>,
    tool: string,
    server: McpServer,
    ctx: ServerContext,
    work: (ctx: ServerContext) => Result | Promise<Result>,
  ): Promise<Result> {
    const { sessions, callTimeoutMs } = this.#options;
    const { signal: cancelled } = ctx.mcpReq;
    const call = { tool, handle: session.id };
    let begun = false;
    try {
      const result = await session.run(
        tool,
        async ({ signal }) => {
          begun = true;
          sessions.noteUse(session);
          try {
            return await work(contextOf(ctx, call, signal));
          } catch (error) {
            // Once it is aborted, what the handler says of that is nobody's answer.
            throw signal.aborted ? error : new Thrown(error);
          }
        },
        { signal: cancelled, timeoutMs: callTimeoutMs },
      );
      sessions.noteUse(session);
      return result;
    } catch (error) {
      if (error instanceof Thrown) throw error;
      // Nobody waits for an answer any more.
      if (cancelled.aborted) throw new Thrown(error);
      return this.#refusal(error, { ...this.#refused(server, tool), begun });
    }
  }

  #refusal(error: unknown, refused: Refused): CallToolResult {
    const told = refusalOf(error, refused);
    if (told !== null) return told;
    this.#options.onError(error);
    return failure(error, refused);
  }

  #refused(server: McpServer, tool: string): Refused {
    const { name } = this.#options;
    const openTool = this.#openTools.get(server) ?? `${name}_open`;
    return { name, tool, openTool, begun: false };
  }
}

/** What a handler threw: its own words are for the client, as in any other tool. */
class Thrown {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
