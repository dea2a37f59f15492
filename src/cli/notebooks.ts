import { McpServer } from '@modelcontextprotocol/server';
import { LIMITS } from '../limits.ts';
import { createHandles } from '../mcp/handles/handles.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Clock } from '../time/clock.ts';
import { Notes } from './notes.ts';
import { addNote, listNotes, NOTE, registerCountSlowly } from './tools.ts';

/** What notebooks are made from. */
export interface NotebooksContext {
  /** Each notebook is one of its sessions. */
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** The server's own version. */
  readonly version: string;
  readonly onError: (error: unknown) => void;
}

/** A notebook that no deadline of the runtime limits is closed after so long without use, ms. */
const UNLIMITED_MS = 7 * 24 * 3_600_000;

/**
 * Makes servers for clients whose protocol has no sessions: the same notes, in notebooks that the client opens, names
 * and closes.
 */
export const notebookServers = ({ runtime, clock, version, onError }: NotebooksContext) => {
  const { idleTimeoutMs } = runtime.deadlines;
  // With an idle timeout that only a show or a test has, nothing can be promised to a model.
  if (idleTimeoutMs < LIMITS.handleTtlLeastMs)
    return () => counting(new McpServer({ name: 'holdfast', version }), clock);
  const notebooks = createHandles({
    ...{ runtime, clock, onError },
    name: 'notebook',
    describe: 'a notebook',
    ...(Number.isFinite(idleTimeoutMs) ? {} : { ttlMs: UNLIMITED_MS }),
  });
  return (): McpServer => {
    const server = new McpServer({ name: 'holdfast', version });
    notebooks.register(server);
    notebooks.registerTool(
      server,
      'note_add',
      { description: 'Keeps a note in a notebook, for as long as that lives.', inputSchema: NOTE },
      (session, { text }) => addNote(new Notes(session), text, 'notebook'),
    );
    notebooks.registerTool(
      server,
      'note_list',
      { description: 'Lists the notes in a notebook.' },
      (session) => listNotes(new Notes(session), 'notebook'),
    );
    return counting(server, clock);
  };
};

const counting = (server: McpServer, clock: Clock): McpServer => {
  registerCountSlowly(server, clock);
  return server;
};
