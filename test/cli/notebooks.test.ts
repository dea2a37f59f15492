import {
  type CallToolResult,
  Client,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Serving, startServing } from '../../src/cli/serving.ts';
import { readSettings } from '../../src/cli/settings.ts';
import { addressIn, holdfast, temporaryFolder } from './holdfast-process.ts';

const TOOLS = ['count_slowly', 'note_add', 'note_list', 'notebook_close', 'notebook_open'];

const serving = async (...flags: string[]): Promise<Serving & { readonly lines: string[] }> => {
  const args = ['--data', ':memory:', '--port', '0', '--log-level', 'error', ...flags];
  const read = readSettings({}, args);
  if (!('settings' in read)) throw new Error(JSON.stringify(read.mistakes));
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const started = await startServing(read.settings, { print, complain: print, colours: false });
  onTestFinished(async () => void (await started.stop({ operationsMs: 0 })));
  return { ...started, lines };
};

const textOf = ({ content }: CallToolResult): string =>
  content.map((part) => (part.type === 'text' ? part.text : '')).join('');

/** A client whose protocol has no sessions. */
const connected = async (
  url: string,
  mode: 'auto' | { pin: '2026-07-28' } = { pin: '2026-07-28' },
) => {
  const client = new Client({ name: 'tester', version: '1.0.0' }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  onTestFinished(() => client.close());
  const call = (name: string, args: Record<string, unknown> = {}) =>
    client.callTool({ name, arguments: args });
  const open = async (): Promise<string> => {
    const { structuredContent } = await call('notebook_open');
    return String((structuredContent as { notebook: string }).notebook);
  };
  return { client, transport, call, open };
};

test.each([
  ['auto', 'auto'],
  ['pinned', { pin: '2026-07-28' }],
] as const)(
  'a client of the newer protocol (%s) keeps its notes in a notebook',
  async (_, mode) => {
    const { url, runtime, lines } = await serving();
    const { client, transport, call, open } = await connected(url, mode);
    expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(TOOLS);
    expect(runtime.stats().created).toBe(0);

    const [notebook, other] = [await open(), await open()];
    await call('note_add', { notebook, text: 'first' });
    expect(textOf(await call('note_add', { notebook, text: 'second' }))).toBe(
      'Kept. Notes in this notebook: 2.',
    );
    expect(textOf(await call('note_list', { notebook }))).toBe('1. first\n2. second');
    expect(textOf(await call('note_list', { notebook: other }))).toContain(
      'no notes in this notebook',
    );
    expect(transport.sessionId).toBeUndefined();
    expect(runtime.stats()).toMatchObject({ created: 2, resident: 2 });

    await call('notebook_close', { notebook });
    const gone = await call('note_list', { notebook });
    expect(gone.isError).toBe(true);
    expect(textOf(gone)).toContain('notebook_open');
    expect(runtime.stats()).toMatchObject({ resident: 1, ended: { client: 1 } });
    expect(lines).toEqual([]);
  },
);

test('both eras are served side by side, and see nothing of each other', async () => {
  const { url, runtime } = await serving();
  const legacy = new Client({ name: 'tester', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await legacy.connect(transport);
  onTestFinished(() => legacy.close());
  await legacy.callTool({ name: 'note_add', arguments: { text: 'in the session' } });
  const { call, open } = await connected(url);
  const notebook = await open();
  await call('note_add', { notebook, text: 'in the notebook' });
  expect(textOf(await legacy.callTool({ name: 'note_list' }))).toBe('1. in the session');
  // A session is no notebook, and a notebook no session.
  expect((await call('note_list', { notebook: transport.sessionId })).isError).toBe(true);
  const headers = { accept: 'text/event-stream', 'mcp-session-id': notebook };
  expect((await fetch(url, { headers })).status).toBe(404);
  expect(runtime.stats().resident).toBe(2);
});

test('a call that takes its time tells how far it is, and stops when its client cancels', async () => {
  const { url } = await serving();
  const { client } = await connected(url);
  const seen: number[] = [];
  const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
  const quick = { name: 'count_slowly', arguments: { to: 3, everyMs: 10 } };
  expect(textOf(await client.callTool(quick, { onprogress }))).toBe('Counted to 3.');
  expect(seen).toEqual([1, 2, 3]);
  const cancel = new AbortController();
  const slow = { name: 'count_slowly', arguments: { to: 600, everyMs: 10 } };
  const counting = client.callTool(slow, { onprogress, signal: cancel.signal });
  counting.catch(() => {});
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(3));
  cancel.abort();
  await expect(counting).rejects.toThrow();
});

test('a drain lets a running call finish', async () => {
  const { url, stop } = await serving();
  const { client } = await connected(url);
  let begun: () => void = () => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const call = { name: 'count_slowly', arguments: { to: 2, everyMs: 200 } };
  const counting = client.callTool(call, { onprogress: () => begun() });
  await beginning;
  await stop();
  expect(textOf(await counting)).toBe('Counted to 2.');
});

test('a notebook outlives its process', async () => {
  const flags = ['serve', '--port', '0', '--data', temporaryFolder()];
  const first = holdfast(flags);
  const before = await connected(addressIn(await first.line(/listens on/)));
  const notebook = await before.open();
  await before.call('note_add', { notebook, text: 'kept' });
  first.child.kill('SIGKILL');
  await first.exit();
  const second = holdfast(flags);
  const after = await connected(addressIn(await second.line(/listens on/)));
  expect(textOf(await after.call('note_list', { notebook }))).toBe('1. kept');
  second.child.kill('SIGTERM');
  expect(await second.exit()).toBe(0);
});

test.each(['off', '500ms'])(
  'an idle timeout of %s is no reason not to start',
  async (idleTimeout) => {
    const { url } = await serving('--idle-after', '100ms', '--idle-timeout', idleTimeout);
    const { client } = await connected(url);
    const { tools } = await client.listTools();
    // What lives for half a second is nothing to be told of.
    expect(tools.some(({ name }) => name === 'notebook_open')).toBe(idleTimeout === 'off');
  },
);

test('with --conformance it serves what the suite asks for, in both eras', async () => {
  const { url } = await serving('--conformance');
  for (const mode of ['legacy', { pin: '2026-07-28' }] as const) {
    const client = new Client(
      { name: 'tester', version: '1.0.0' },
      { versionNegotiation: { mode } },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('test_simple_text');
    await client.close();
  }
});
