import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ROOT } from '../package/entries.ts';
import { CompiledExamples, temporaryFolder } from './example-process.ts';

const examples = new CompiledExamples();
afterAll(() => examples.remove());

const BEFORE = 'from-a-map/before.js';
const AFTER = 'from-a-map/after.js';

const connected = async (url: URL) => {
  const client = new Client({ name: 'tester', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(url);
  // Its own type says `sessionId?: string`, its transport gives `string | undefined`.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  onTestFinished(() => client.close());
  return { client, transport, id: transport.sessionId ?? '' };
};

const counted = async (client: Client): Promise<unknown> =>
  (await client.callTool({ name: 'count' })).content;

const is = (count: number) => [{ type: 'text', text: `${count}` }];

/** The status a client of that session would get. A `ping` is no activity: it keeps no session. */
const statusOf = async (url: URL, id: string): Promise<number> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'probe', method: 'ping' }),
  });
  await response.text();
  return response.status;
};

describe.each([BEFORE, AFTER])('%s', (script) => {
  test('serves the official client: a session each, which counts for itself', async () => {
    const server = examples.start(script, { DATA: temporaryFolder() });
    const url = await server.url();
    const [one, other] = [await connected(url), await connected(url)];
    expect(await counted(one.client)).toEqual(is(1));
    expect(await counted(one.client)).toEqual(is(2));
    expect(await counted(other.client)).toEqual(is(1));
    await one.transport.terminateSession();
    expect(await statusOf(url, one.id)).toBe(script === AFTER ? 404 : 400);
    expect(await statusOf(url, other.id)).toBe(200);
  });
});

test('before: a restart is the end of every session, and its clients never find back', async () => {
  const first = examples.start(BEFORE);
  const url = await first.url();
  const { client } = await connected(url);
  await counted(client);
  await first.stop('SIGKILL');
  await examples.start(BEFORE, { PORT: url.port }).url();
  await expect(counted(client)).rejects.toThrow('No valid session ID');
});

test('after: its clients go on where they were, and see nothing of the restart', async () => {
  const DATA = temporaryFolder();
  const first = examples.start(AFTER, { DATA });
  const url = await first.url();
  const { client } = await connected(url);
  expect(await counted(client)).toEqual(is(1));
  await first.stop('SIGKILL');
  const second = examples.start(AFTER, { DATA, PORT: url.port });
  await second.url();
  expect(await counted(client)).toEqual(is(2));
  expect(await second.stop('SIGTERM')).toBe(0);
});

test('a client that vanishes: before, its session stays; after, it ends', async () => {
  const env = { DATA: temporaryFolder(), IDLE_TIMEOUT_MS: '500' };
  const [before, after] = [examples.start(BEFORE, env), examples.start(AFTER, env)];
  const urls = [await before.url(), await after.url()] as const;
  const [left, gone] = [await connected(urls[0]), await connected(urls[1])];
  // It closes its connections, and says nothing: as clients do.
  await left.client.close();
  await gone.client.close();
  await vi.waitFor(async () => expect(await statusOf(urls[1], gone.id)).toBe(404), {
    timeout: 15_000,
  });
  expect(await statusOf(urls[0], left.id)).toBe(200);
});

test('after: long calls are served, and what is no JSON is told in JSON', async () => {
  const url = await examples.start(AFTER, { DATA: temporaryFolder() }).url();
  const { client, id } = await connected(url);
  const long = { name: 'count', arguments: { said: 'x'.repeat(200_000) } };
  expect((await client.callTool(long)).content).toEqual(is(1));
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
    },
    body: '{"jsonrpc":',
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32700 } });
});

test('the change is small: most of it is what goes', () => {
  const [before, after] = ['before.ts', 'after.ts'].map((file) =>
    readFileSync(join(ROOT, 'examples/from-a-map', file), 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('//')),
  );
  const kept = after?.filter((line) => before?.includes(line)) ?? [];
  const [gone, come] = [(before?.length ?? 0) - kept.length, (after?.length ?? 0) - kept.length];
  expect(come).toBeLessThanOrEqual(20);
  expect(gone).toBeGreaterThan(come);
});
