import {
  CLIENT_INFO_META_KEY,
  type McpServer,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { ForbiddenError, SessionPausedError } from '../../errors.ts';
import { isSessionId } from '../../identity/session-id.ts';
import { LIMITS } from '../../limits.ts';
import type { Deadlines } from '../../runtime/liveness/deadlines.ts';
import type { Client, SessionInfo } from '../../runtime/session.ts';
import type { HandleSessions } from './handle-sessions.ts';
import type { HandleTools } from './handle-tools.ts';
import type { RegisterHandlesOptions } from './handles.ts';
import { inWords, lifeInWords } from './time-to-live.ts';
import { refusal, toldAs } from './words.ts';

/** What the tools of one kind of handle are made of. */
export interface OwnTools<Data, SessionInput> {
  readonly tools: HandleTools<Data>;
  readonly sessions: HandleSessions<Data, SessionInput>;
  readonly name: string;
  readonly describe: string;
  readonly ttlMs: number;
  readonly deadlines: Deadlines;
  readonly input: StandardSchemaWithJSON | undefined;
  readonly data: (input: unknown) => SessionInput | undefined;
}

/** Registers the tools that handles have themselves: the same for everybody, whatever is open. */
export const registerOwnTools = <Data, SessionInput>(
  server: McpServer,
  own: OwnTools<Data, SessionInput>,
  options: RegisterHandlesOptions,
): void => {
  registerOpen(server, own, options);
  registerClose(server, own);
  if (options.list === true) registerList(server, own);
  if (options.extend === true) registerExtend(server, own);
};

const registerOpen = <Data, SessionInput>(
  server: McpServer,
  own: OwnTools<Data, SessionInput>,
  { open = {} }: RegisterHandlesOptions,
): void => {
  const { tools, sessions, name, describe, ttlMs, deadlines, input } = own;
  const tool = open.name ?? `${name}_open`;
  const description = [
    open.description ?? `Opens ${describe}.`,
    `Returns its id: pass it as "${name}" to the other tools.`,
    lifeInWords(name, ttlMs, deadlines),
  ].join(' ');
  const call = (ctx: ServerContext, given: unknown) =>
    tools.answered(server, tool, async () => {
      const principal = tools.callerOf(ctx, server);
      const session = await sessions.open(principal, own.data(given), clientOf(ctx));
      const { id } = session;
      const expiresAt = isoTime(sessions.expiresAt(session.info()));
      const told = `Opened ${describe}. Its id, to pass as "${name}": ${id}\nIt expires after ${inWords(ttlMs)} without use.`;
      return toldAs(told, { [name]: id, expiresAt });
    });
  tools.opensBy(server, tool);
  if (input === undefined) server.registerTool(tool, { description }, (ctx) => call(ctx, {}));
  else {
    const config = { description, inputSchema: input };
    server.registerTool(tool, config, (given, ctx) => call(ctx, given));
  }
};

const registerClose = <Data, SessionInput>(
  server: McpServer,
  { tools, name }: OwnTools<Data, SessionInput>,
): void => {
  const config = {
    description: `Closes a ${name} that is no longer needed. Its id is unknown from then on.`,
    annotations: { idempotentHint: true },
  };
  tools.registerPlain(server, `${name}_close`, config, async (session) => {
    await session.terminate('client');
    return toldAs(`The ${name} is closed.`);
  });
};

const registerExtend = <Data, SessionInput>(
  server: McpServer,
  { tools, sessions, name, ttlMs }: OwnTools<Data, SessionInput>,
): void => {
  const config = {
    description: `Keeps a ${name} for ${inWords(ttlMs)} more, without using it otherwise.`,
    annotations: { destructiveHint: false, idempotentHint: true },
  };
  tools.registerPlain(server, `${name}_extend`, config, async (session) => {
    // To one that is paused it would be a beat, and no use.
    if (session.state === 'paused') throw new SessionPausedError();
    await session.touch();
    sessions.noteUse(session);
    const expiresAt = isoTime(sessions.expiresAt(session.info()));
    return toldAs(`The ${name} expires at ${expiresAt}, if it is not used before.`, {
      [name]: session.id,
      expiresAt,
    });
  });
};

const registerList = <Data, SessionInput>(
  server: McpServer,
  { tools, sessions, name }: OwnTools<Data, SessionInput>,
): void => {
  const tool = `${name}_list`;
  const config = {
    description: `Lists what was opened and not closed yet of kind "${name}", a page at a time.`,
    inputSchema: PAGE,
    annotations: { readOnlyHint: true },
  };
  const described = (info: SessionInfo) => ({
    id: info.id,
    openedAt: isoTime(info.createdAt),
    lastUsedAt: isoTime(info.lastActivityAt),
    expiresAt: isoTime(sessions.expiresAt(info)),
  });
  server.registerTool(tool, config, ({ cursor }, ctx) =>
    tools.answered(server, tool, async () => {
      const principal = tools.callerOf(ctx, server);
      if (principal === null) throw new ForbiddenError('An anonymous caller may not list.');
      if (cursor !== null && !isSessionId(cursor)) {
        return refusal(`There is no such page. Call ${tool} without a cursor for the first one.`);
      }
      const page = await sessions.list(principal, cursor);
      const handles = page.handles.map(described);
      const lines = handles.map(({ id, expiresAt }) => `${id} expires at ${expiresAt}`);
      if (lines.length === 0) lines.push(`There is no ${name} here.`);
      if (page.cursor !== null) lines.push(`There may be more: pass "${page.cursor}" as "cursor".`);
      return toldAs(lines.join('\n'), { handles, cursor: page.cursor });
    }),
  );
};

/** The arguments of the listing tool. Its schema is made by hand: which library a server uses is its author's affair. */
const PAGE: StandardSchemaWithJSON<unknown, { readonly cursor: unknown }> = {
  '~standard': {
    version: 1,
    vendor: 'holdfast',
    validate: (value) => {
      const cursor =
        typeof value === 'object' && value !== null && 'cursor' in value && value.cursor;
      return { value: { cursor: cursor === false || cursor === undefined ? null : cursor } };
    },
    jsonSchema: { input: () => PAGE_SCHEMA, output: () => PAGE_SCHEMA },
  },
};

const PAGE_SCHEMA = {
  type: 'object',
  properties: { cursor: { type: 'string', description: 'From the page before, to go on.' } },
};

const isoTime = (wallMs: number): string => new Date(wallMs).toISOString();

/** The client, as it names itself in the request: for whoever looks at the session. Not believed, and not needed. */
const clientOf = ({ mcpReq }: ServerContext): Client | null => {
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
  const told = envelope[CLIENT_INFO_META_KEY];
  if (typeof told !== 'object' || told === null) return null;
  const { name, version } = told as Readonly<Record<string, unknown>>;
  return isShortText(name) && isShortText(version) ? { name, version } : null;
};

const isShortText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LIMITS.clientNameLength;
