import { request as httpRequest } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished, test } from 'vitest';
import { type Serving, startServing } from '../../src/cli/serving.ts';
import { readSettings } from '../../src/cli/settings.ts';
import { LIMITS } from '../../src/limits.ts';

const INFO = { name: 'tester', version: '1.0.0' };
const TOOLS = ['count_slowly', 'note_add', 'note_list', 'session_info'];

const serving = async (...flags: string[]): Promise<Serving> => {
  const read = readSettings({}, [
    '--data',
    ':memory:',
    '--port',
    '0',
    '--log-level',
    'silent',
    ...flags,
  ]);
  if (!('settings' in read)) throw new Error(JSON.stringify(read.mistakes));
  const started = await startServing(read.settings, {
    print: () => {},
    complain: () => {},
    colours: false,
  });
  onTestFinished(async () => void (await started.stop({ operationsMs: 0 })));
  return started;
};

interface Connected {
  tools(): Promise<string[]>;
  call(
    name: string,
    args?: Record<string, unknown>,
    onprogress?: (progress: { progress: number }) => void,
  ): Promise<string>;
  readonly id: string | undefined;
  ping(): Promise<unknown>;
  terminate(): Promise<void>;
  close(): Promise<void>;
}

const textOf = (result: object): string => JSON.stringify(result);

const connectV1 = async (url: string): Promise<Connected> => {
  const client = new ClientV1(INFO);
  const transport = new TransportV1(new URL(url));
  // Its own type says `sessionId?: string`, its transport gives `string | undefined`.
  await client.connect(transport as Parameters<ClientV1['connect']>[0]);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, onprogress) =>
      textOf(
        await client.callTool(
          { name, arguments: args },
          undefined,
          onprogress === undefined ? {} : { onprogress },
        ),
      ),
    id: transport.sessionId,
    ping: () => client.ping(),
    terminate: () => transport.terminateSession(),
    close: () => client.close(),
  };
};

const connectV2 = async (url: string): Promise<Connected> => {
  const client = new Client(INFO);
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, onprogress) =>
      textOf(
        await client.callTool(
          { name, arguments: args },
          onprogress === undefined ? {} : { onprogress },
        ),
      ),
    id: transport.sessionId,
    ping: () => client.ping(),
    terminate: () => transport.terminateSession(),
    close: () => client.close(),
  };
};

const CLIENTS = [
  ['v1', connectV1],
  ['v2', connectV2],
] as const;

test.each(CLIENTS)(
  'the official client %s initializes, lists and calls tools',
  async (_, connect) => {
    const { url, runtime, connections } = await serving();
    const client = await connect(url);
    expect((await client.tools()).sort()).toEqual(TOOLS);
    await client.call('note_add', { text: 'first' });
    await client.call('note_add', { text: 'second' });
    expect(await client.call('note_list')).toContain('1. first\\n2. second');
    expect(await client.call('session_info')).toContain(client.id);
    await client.ping();
    const seen: number[] = [];
    const counted = await client.call('count_slowly', { to: 3, everyMs: 10 }, ({ progress }) =>
      seen.push(progress),
    );
    expect(counted).toContain('Counted to 3.');
    expect(seen).toEqual([1, 2, 3]);
    expect(runtime.stats()).toMatchObject({ created: 1, resident: 1 });
    expect(connections()).toBe(1);

    await client.terminate();
    await client.close();
    expect(runtime.stats()).toMatchObject({ resident: 0, ended: { client: 1 } });
    expect(connections()).toBe(0);
  },
);

test('each connection is a session of its own', async () => {
  const { url, runtime } = await serving();
  const [one, other] = await Promise.all([connectV1(url), connectV2(url)]);
  await one.call('note_add', { text: 'mine' });
  expect(await other.call('note_list')).toContain('There are no notes');
  expect(one.id).not.toBe(other.id);
  expect(runtime.stats().resident).toBe(2);
  await one.close();
  await other.close();
});

test.each(CLIENTS)(
  'a client %s that only closes is silent from then on, and ends with idle-timeout',
  async (_, connect) => {
    const { url, runtime } = await serving('--idle-after', '100ms', '--idle-timeout', '300ms');
    const client = await connect(url);
    const session = await runtime.get(client.id ?? '');
    const over = new Promise((resolve) => {
      runtime.subscribe((event) => {
        if (event.type === 'session.ended') resolve(event.reason);
      });
    });
    await client.close();
    expect(await over).toBe('idle-timeout');
    expect(session.info()).toMatchObject({ presences: 0, inFlight: 0, reason: 'idle-timeout' });
  },
);

test('a session has room for a hundred notes of a bounded length, and says so when it has none', async () => {
  const { url } = await serving();
  const client = await connectV2(url);
  expect(await client.call('note_add', { text: 'x'.repeat(2_001) })).toContain('"isError":true');
  for (let n = 1; n <= 100; n += 1) await client.call('note_add', { text: `note ${n}` });
  const refused = await client.call('note_add', { text: 'one too many' });
  expect(refused).toContain('"isError":true');
  expect(refused).toContain('room for 100 notes');
  await client.close();
});

test('a call that its client cancels stops', async () => {
  const { url, runtime } = await serving();
  const client = new Client(INFO);
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const ended = new Promise<string>((resolve) => {
    runtime.subscribe((event) => {
      if (event.type === 'session.operation-started' && event.name === 'tools/call') cancel.abort();
      if (event.type === 'session.operation-finished' && event.name === 'tools/call') {
        resolve(event.outcome);
      }
    });
  });
  const cancel = new AbortController();
  const slow = { name: 'count_slowly', arguments: { to: 600 } };
  await expect(client.callTool(slow, { signal: cancel.signal })).rejects.toThrow();
  expect(await ended).toBe('done');
  await client.close();
});

test('at capacity the official client is told so, and is let in once there is room', async () => {
  const { url, runtime } = await serving('--max-sessions', '1');
  const first = await connectV2(url);
  await expect(connectV2(url)).rejects.toThrow(/No room for another session/);
  expect(runtime.stats()).toMatchObject({ created: 1, refused: 1, resident: 1 });
  await first.terminate();
  const second = await connectV2(url);
  expect(await second.tools()).toHaveLength(TOOLS.length);
  await second.close();
});

test('a drain lets a running call finish and answers one that does not', async () => {
  const { url, stop, runtime } = await serving();
  const client = await connectV2(url);
  const begun = new Promise<void>((resolve) => {
    let calls = 0;
    runtime.subscribe((event) => {
      if (event.type !== 'session.operation-started' || event.name !== 'tools/call') return;
      calls += 1;
      if (calls === 2) resolve();
    });
  });
  const quick = client.call('count_slowly', { to: 1, everyMs: 200 });
  const slow = client.call('count_slowly', { to: 600, everyMs: 1_000 });
  const outcome = slow.then(
    () => 'answered',
    (error: unknown) => String(error),
  );
  await begun;
  const report = await stop({ operationsMs: 1_000 });
  expect(await quick).toContain('Counted to 1.');
  expect(await outcome).toContain('The session has ended');
  expect(report).toMatchObject({ ended: 1, aborted: 1, left: [] });
  await client.close();
});

/** Begins a POST and writes so much of its body; the status, and the body of the answer, before any more is written. */
const begun = (url: string, headers: Record<string, string>, written: Uint8Array) =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode, text });
      request.destroy();
    });
    request.once('error', reject);
    request.write(written);
  });

test('a body that is too large: 413, whether or not it says how long it is, before all of it came', async () => {
  const { url, runtime } = await serving();
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  // Neither client writes more than the server has read: one that does may meet the closed connection first.
  const said = { ...headers, 'content-length': '20000000' };
  const plain = await begun(url, said, new Uint8Array(1));
  expect(plain.status).toBe(413);
  expect(plain.text).toContain(`longer than ${LIMITS.requestBodyBytes} bytes`);
  const chunked = await begun(url, headers, new Uint8Array(LIMITS.requestBodyBytes + 1));
  expect(chunked.status).toBe(413);
  expect(runtime.stats()).toMatchObject({ created: 0, resident: 0 });
});

test('other paths are not served', async () => {
  const { url } = await serving();
  expect((await fetch(new URL('/', url))).status).toBe(404);
  const headers = { accept: 'text/event-stream' };
  expect((await fetch(`${url}?x=1`, { headers })).status).toBe(400);
});
