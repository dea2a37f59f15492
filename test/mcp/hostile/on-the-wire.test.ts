import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { createMcpEndpoint } from '../../../src/mcp/endpoint.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { call, INITIALIZE } from '../sessions/endpoint-under-test.ts';
import { type Learnt, VERBS } from './verbs.ts';

// The same over a real store and a real socket: what leaves it is one answer, byte for byte, but for the date.

interface Asked {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Heard {
  readonly status: number;
  /** As they came, names and order included. */
  readonly headers: readonly string[];
  readonly body: string;
}

const withoutDate = (raw: readonly string[]): string[] =>
  raw.flatMap((name, at) =>
    at % 2 === 0 && name.toLowerCase() !== 'date' ? [`${name}: ${raw[at + 1]}`] : [],
  );

const server = (): McpServer => {
  const made = new McpServer({ name: 'echo', version: '1.0.0' });
  made.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return made;
};

const onTheWire = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-hostile-'));
  const runtime = createRuntime({
    store: await openSqliteStore({ folder }),
    deadlines: { idleAfterMs: 20, hibernateAfterMs: 20 },
  });
  const endpoint = createMcpEndpoint({
    runtime,
    server,
    authenticate: ({ headers }) => headers.get('x-principal'),
  });
  const http = createServer(toNodeHandler(endpoint));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await runtime.close();
    await endpoint.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await rm(folder, { recursive: true });
  });
  const { port } = http.address() as AddressInfo;
  const send = (who: string | null, { method, headers, body }: Asked): Promise<Heard> =>
    new Promise((resolve, reject) => {
      const asking = httpRequest(
        {
          host: '127.0.0.1',
          port,
          path: '/mcp',
          method,
          agent: false,
          headers: {
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(who === null ? {} : { 'x-principal': who }),
            ...headers,
          },
        },
        (response) => {
          const headers = withoutDate(response.rawHeaders);
          const status = response.statusCode ?? 0;
          let text = '';
          const heard = (): void => resolve({ status, headers, body: text });
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
            // A stream that goes on is not for them.
            if (method === 'GET' && status === 200) heard();
          });
          response.on('end', heard);
        },
      );
      asking.on('error', reject);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const open = async (who: string | null): Promise<string> => {
    const { headers } = await send(who, { method: 'POST', body: INITIALIZE });
    const [named = ''] = headers.filter((line) => line.toLowerCase().startsWith('mcp-session-id'));
    return named.slice('mcp-session-id: '.length);
  };
  return { runtime, send, open };
};

test('whatever is asked for with the id of somebody else’s session, resident, stored or ended, comes back as for one that was never there', async () => {
  const { runtime, send, open } = await onTheWire();
  const learnt: Learnt = {
    ofPost: 'pAAAAAAAAAAAAAAAA_1',
    ofStanding: 'sAAAAAAAAAAAAAAAA_1',
    callId: 'hers',
    pingId: 'holdfast-ping-1',
    questionId: 0,
  };
  const [stored, ended] = [await open('ada'), await open('ada')];
  await send('ada', { method: 'DELETE', headers: { 'mcp-session-id': ended } });
  await expect
    .poll(async () => (await runtime.get(stored)).info().residency, { timeout: 10_000 })
    .toBe('stored');
  const resident = await open('ada');
  const kept = (await runtime.get(resident)).attach({ resident: true });
  for (const who of ['mallory', null]) {
    for (const [verb, make] of Object.entries(VERBS)) {
      const { method, headers, body } = make(learnt);
      const asked = (id: string) =>
        send(who, { method, headers: { 'mcp-session-id': id, ...headers }, body });
      const never = await asked(mintSessionId());
      expect(never).toMatchObject({ status: 404 });
      for (const id of [resident, stored, ended, 'x']) {
        expect({ verb, ...(await asked(id)) }).toEqual({ verb, ...never });
      }
    }
  }
  expect(runtime.stats()).toMatchObject({ woken: 0, ended: { client: 1 } });
  kept();
  const hers = await send('ada', {
    method: 'POST',
    headers: { 'mcp-session-id': stored },
    body: call(1, 'echo', { text: 'still hers' }),
  });
  expect(hers.body).toContain('still hers');
});
