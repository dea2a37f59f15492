import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  type CallToolResult,
  createMcpHandler,
  InMemoryTransport,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';
import { createConformanceServer } from '../../../src/cli/conformance/server.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';

/** A client of the SDK that talks to a conformance server. */
export interface Connected {
  readonly client: Client;
  /** What the server waits on. */
  readonly clock: VirtualClock;
  /** The text a tool answered with. */
  call(name: string, input?: Record<string, unknown>): Promise<string>;
}

const INFO = { name: 'client', version: '1.0.0' };
const ALL = { elicitation: {}, sampling: {}, roots: {} };

/** What the user, the model and the file system of this client say. */
const answering = (client: Client): void => {
  client.setRequestHandler('elicitation/create', ({ params }) => {
    const properties = 'requestedSchema' in params ? params.requestedSchema.properties : {};
    const content = Object.fromEntries(
      Object.keys(properties).map((name) => [name, ANSWERS[name]]),
    );
    return { action: 'accept', content: JSON.parse(JSON.stringify(content)) };
  });
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'Paris' },
  }));
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///home/ada' }] }));
};

const ANSWERS: Record<string, unknown> = {
  name: 'Ada',
  color: 'green',
  username: 'ada',
  email: 'ada@example.org',
  ok: true,
  context: 'engines',
};

const connected = (client: Client, clock: VirtualClock): Connected => ({
  client,
  clock,
  call: async (name, input = {}) => {
    const result = (await client.callTool({ name, arguments: input })) as CallToolResult;
    return result.content.map((block) => (block.type === 'text' ? block.text : block.type)).join();
  },
});

/** With sessions: the revisions up to 2025-11-25. */
export const withSessions = async (capabilities: object = ALL): Promise<Connected> => {
  const clock = createVirtualClock();
  const server = createConformanceServer({ era: 'legacy' }, clock, deaf);
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await server.connect(ours);
  const client = new Client(INFO, { capabilities });
  if (capabilities === ALL) answering(client);
  await client.connect(theirs);
  onTestFinished(() => client.close());
  return connected(client, clock);
};

/** Servers with a session tell their own client, and nobody else. */
const deaf = {
  toolsChanged: () => {
    throw new Error('told everybody');
  },
  promptsChanged: () => {
    throw new Error('told everybody');
  },
};

/** Without sessions: revision 2026-07-28, a server for each request. */
export const withoutSessions = async (capabilities: object = ALL): Promise<Connected> => {
  const clock = createVirtualClock();
  const handler: McpHttpHandler = createMcpHandler(
    ({ era }) => createConformanceServer({ era }, clock, handler.notify),
    { legacy: 'reject' },
  );
  const client = new Client(INFO, {
    capabilities,
    versionNegotiation: { mode: { pin: '2026-07-28' } },
  });
  if (capabilities === ALL) answering(client);
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      fetch: (url, init) => handler.fetch(new Request(url, init)),
    }),
  );
  onTestFinished(async () => {
    await client.close();
    await handler.close();
  });
  return connected(client, clock);
};
