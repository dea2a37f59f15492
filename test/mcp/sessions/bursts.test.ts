import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { listen } from '../../../src/http/adapters/listen.ts';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';

// Servers that say much at once, to a client that reads: the official one, on the system's clock.

const BURST = z.object({ times: z.number(), characters: z.number(), awaits: z.boolean() });

type Burst = z.infer<typeof BURST>;

const say = async ({ times, awaits }: Burst, one: (n: number) => Promise<void>): Promise<void> => {
  for (let n = 1; n <= times; n += 1) {
    const said = one(n);
    if (awaits) await said;
  }
};

const createServer = (): McpServer => {
  const server = new McpServer(
    { name: 'talker', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  const answer = { content: [{ type: 'text' as const, text: 'the answer' }] };
  server.registerTool('progress', { inputSchema: BURST }, async (burst, { mcpReq }) => {
    const message = 'x'.repeat(burst.characters);
    const progressToken = mcpReq._meta?.progressToken ?? '';
    await say(burst, (progress) =>
      mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, message },
      }),
    );
    return answer;
  });
  server.registerTool('log', { inputSchema: BURST }, async (burst) => {
    const text = 'x'.repeat(burst.characters);
    await say(burst, (n) => server.server.sendLoggingMessage({ level: 'info', data: { n, text } }));
    return answer;
  });
  return server;
};

const connected = async (how: 'over a socket' | 'over a web stream') => {
  const runtime = createRuntime();
  const endpoint = createMcpSessions({ runtime, server: createServer });
  const listening = await listen({ port: 0, handle: toNodeHandler(endpoint) });
  const client = new Client({ name: 'tester', version: '1.0.0' });
  const logs: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logs.push((params.data as { n: number }).n);
  });
  const direct = {
    fetch: (url: string | URL, init?: RequestInit) => {
      const request = new Request(url, init);
      request.headers.set('host', 'localhost');
      return endpoint.fetch(request);
    },
  };
  const url = how === 'over a socket' ? `${listening.url}/mcp` : 'http://localhost/mcp';
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), how === 'over a socket' ? {} : direct),
  );
  onTestFinished(async () => {
    await client.close();
    await runtime.close();
    await endpoint.close();
    await listening.close();
  });
  await expect.poll(() => endpoint.streams, { timeout: 20_000 }).toBe(1);
  return { client, endpoint, logs };
};

const numbers = (times: number): number[] => Array.from({ length: times }, (_, n) => n + 1);

const SIZES = [
  [1_000, 10],
  [1_000, 4_000],
  [5_000, 10],
] as const;

for (const how of ['over a socket', 'over a web stream'] as const) {
  for (const awaits of [true, false]) {
    test.each(SIZES)(
      `${how}, ${awaits ? 'awaited' : 'not awaited'}: %i messages of %i characters arrive, on a call's stream and on the open one`,
      async (times, characters) => {
        const { client, endpoint, logs } = await connected(how);
        const args = { times, characters, awaits };
        const progress: number[] = [];
        const answer = await client.callTool(
          { name: 'progress', arguments: args },
          { onprogress: (one) => progress.push(one.progress) },
        );
        expect(JSON.stringify(answer)).toContain('the answer');
        expect(progress).toEqual(numbers(times));

        await client.callTool({ name: 'log', arguments: args });
        await expect.poll(() => logs.length, { timeout: 20_000 }).toBe(times);
        expect(logs).toEqual(numbers(times));
        expect(endpoint.streams).toBe(1);
      },
      60_000,
    );
  }
}
