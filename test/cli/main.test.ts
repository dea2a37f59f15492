import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { addressIn, holdfast, ran } from './holdfast-process.ts';

test('--help tells the commands, and of each command its flags; --version tells the version', async () => {
  const help = await ran(['--help']);
  expect(help.code).toBe(0);
  for (const name of ['serve', 'why <id>', 'export', 'import', 'purge', 'demo', '--version']) {
    expect(help.printed.join('\n')).toContain(`holdfast ${name}`);
  }
  expect((await ran([])).printed).toEqual(help.printed);
  const serve = (await ran(['serve', '--help'])).printed.join('\n');
  for (const word of [
    'holdfast serve [flags]',
    '--idle-timeout',
    'HOLDFAST_MAX_SESSIONS',
    'HOLDFAST_DATA',
    'A duration is 500ms',
    'What keeps a session from --idle-timeout',
  ]) {
    expect(serve).toContain(word);
  }
  const version = await ran(['--version']);
  expect(version.code).toBe(0);
  expect(version.printed[0]).toMatch(/^\d+\.\d+\.\d+/);
});

test.each([
  ['why', '--json'],
  ['export', '--out'],
  ['import', '--skip-existing'],
  ['purge', '--living'],
  ['demo', 'no arguments'],
])(
  'holdfast %s has a help of its own, and an unknown flag is told with the nearest',
  async (name, word) => {
    const help = await ran([name, '-h']);
    expect(help.code).toBe(0);
    expect(help.printed[0]).toContain(`holdfast ${name}`);
    expect(help.printed.join('\n')).toContain(word);
    const wrong = await ran([name, `${word.startsWith('--') ? word : '--any'}x`]);
    expect(wrong.code).toBe(1);
    expect(wrong.printed).toEqual([]);
    expect(wrong.errors[0]).toContain('is no flag');
    if (word.startsWith('--')) expect(wrong.errors[0]).toContain(`the nearest one is ${word}.`);
  },
);

test('an unknown command is answered with what is allowed, and exit code 1', async () => {
  const run = await ran(['sreve']);
  expect(run.code).toBe(1);
  expect(run.errors).toEqual([
    'There is no command "sreve"; the nearest one is serve. Allowed are serve, why, export, import, purge, demo, --help, --version.',
  ]);
});

test('mistakes are all told before anything is started', async () => {
  const run = holdfast(['serve', '--port', 'x', '--bogus'], { HOLDFAST_TOMBSTONE: 'never' });
  expect(await run.exit()).toBe(1);
  expect(run.lines).toHaveLength(3);
  expect(run.lines.join('\n')).toMatch(/--bogus[\s\S]*--port[\s\S]*HOLDFAST_TOMBSTONE/);
});

test('deadlines that contradict each other are named, and exit code 1', async () => {
  const run = holdfast(['serve', '--port', '0', '--idle-after', '1m'], {
    HOLDFAST_IDLE_TIMEOUT: '30s',
  });
  expect(await run.exit()).toBe(1);
  expect(run.lines).toEqual(['--idle-after is 1m, but must be below HOLDFAST_IDLE_TIMEOUT (30s).']);
});

test('a deadline that makes way for another is told by its flag', async () => {
  const run = holdfast(['serve', '--port', '0', '--idle-timeout', '100d']);
  await run.line(/^--max-lifetime makes room for --idle-timeout: 100d$/);
  run.child.kill('SIGTERM');
  expect(await run.exit()).toBe(0);
});

test('a port in use is told as such, and exit code 1', async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const run = holdfast(['serve'], { HOLDFAST_PORT: String(port) });
  expect(await run.exit()).toBe(1);
  expect(run.lines).toEqual(run.errors);
  expect(run.errors).toEqual([
    `Port ${port} on 127.0.0.1 is in use. Choose another with HOLDFAST_PORT or --port; 0 picks a free one.`,
  ]);
});

test('with --json every line is an event', async () => {
  const run = holdfast(['serve', '--json', '--port', '0', '--log-level', 'debug']);
  const listening = JSON.parse(await run.line(/listening/));
  expect(listening).toMatchObject({
    type: 'serve.listening',
    url: expect.stringContaining('/mcp'),
  });
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    },
  };
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const response = await fetch(listening.url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  await response.text();
  run.child.kill('SIGTERM');
  expect(await run.exit()).toBe(0);
  const types = run.lines.map((line) => JSON.parse(line).type);
  expect(types[0]).toBe('serve.listening');
  expect(types).toContain('session.created');
  expect(types).toContain('session.ended');
  expect(types.at(-1)).toBe('serve.drained');
});

test('a second signal does not wait for the drain', async () => {
  const run = holdfast(['serve', '--port', '0', '--log-level', 'debug']);
  const url = addressIn(await run.line(/listens on/));
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const post = (body: object, id?: string | null) =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, ...(id ? { 'mcp-session-id': id } : {}) },
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    });
  const opened = await post({
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    },
  });
  const id = opened.headers.get('mcp-session-id');
  // Its headers come with the first bytes of its stream, which nobody waits for here.
  const slow = post(
    { id: 2, method: 'tools/call', params: { name: 'count_slowly', arguments: { to: 600 } } },
    id,
  ).then((response) => response.text());
  slow.catch(() => {});
  await run.line(/ working .* tools\/call$/);
  run.child.kill('SIGINT');
  await run.line(/draining/);
  run.child.kill('SIGINT');
  expect(await run.exit()).toBe(130);
  await expect(slow).rejects.toThrow();
});
