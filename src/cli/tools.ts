import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import type { Session } from '../runtime/session.ts';
import type { Clock } from '../time/clock.ts';
import { NOTE_LIMITS, Notes } from './notes.ts';
import { wait } from './wait.ts';

/** What the tools of one session are made from. */
export interface ToolsContext {
  readonly session: Session;
  /** What the slow tool waits on. */
  readonly clock: Clock;
  /** The server's own version, for `initialize`. */
  readonly version: string;
}

// Schemas are shared: built for each session, they would be most of what a session weighs.
/** What is kept. */
export const NOTE = z.object({
  text: z.string().min(1).max(NOTE_LIMITS.characters).describe('What to remember'),
});
const COUNT = z.object({
  to: z.int().min(1).max(600).default(5).describe('How far to count'),
  everyMs: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('How long to wait before each number'),
});

const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });
const complain = (text: string): CallToolResult => ({ ...say(text), isError: true });

const countSlowly = async (
  clock: Clock,
  { to, everyMs }: z.infer<typeof COUNT>,
  { mcpReq }: ServerContext,
): Promise<CallToolResult> => {
  const progressToken = mcpReq._meta?.progressToken;
  for (let progress = 1; progress <= to; progress += 1) {
    await wait(clock, everyMs, mcpReq.signal);
    if (progressToken === undefined) continue;
    await mcpReq.notify({
      method: 'notifications/progress',
      params: { progressToken, progress, total: to },
    });
  }
  return say(`Counted to ${to}.`);
};

/** Keeps a note in `what` the client calls the place, and says what became of it. */
export const addNote = async (
  notes: Notes,
  text: string,
  what: string,
): Promise<CallToolResult> => {
  const kept = await notes.add(text);
  if ('notes' in kept) return say(`Kept. Notes in this ${what}: ${kept.notes}.`);
  return complain(
    kept.full === 'notes'
      ? `There is room for ${NOTE_LIMITS.notes} notes, and they are all taken.`
      : `There is no room for this note: the notes of a ${what} may take ${LIMITS.dataBytes / 1024} KiB together.`,
  );
};

/** Lists them. */
export const listNotes = (notes: Notes, what: string): CallToolResult =>
  say(
    notes
      .list()
      .map((text, index) => `${index + 1}. ${text}`)
      .join('\n') || `There are no notes in this ${what}.`,
  );

/** A tool that takes its time. */
export const registerCountSlowly = (server: McpServer, clock: Clock): void => {
  server.registerTool(
    'count_slowly',
    {
      description: 'Counts, slowly, and reports its progress.',
      inputSchema: COUNT,
    },
    (input, context) => countSlowly(clock, input, context),
  );
};

/** The server of one session, with a small set of tools that shows what a session is. */
export const createToolServer = ({ session, clock, version }: ToolsContext): McpServer => {
  const server = new McpServer({ name: 'holdfast', version });
  const notes = new Notes(session);

  server.registerTool(
    'note_add',
    {
      description: 'Keeps a note in this session, for as long as the session lives.',
      inputSchema: NOTE,
    },
    ({ text }) => addNote(notes, text, 'session'),
  );
  server.registerTool('note_list', { description: 'Lists the notes of this session.' }, () =>
    listNotes(notes, 'session'),
  );
  server.registerTool(
    'session_info',
    { description: 'What the server knows of this session: state, client, times.' },
    () => say(JSON.stringify(session.info(), null, 2)),
  );
  registerCountSlowly(server, clock);
  return server;
};
