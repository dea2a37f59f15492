import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { wait } from '../../src/cli/wait.ts';
import { systemClock } from '../../src/time/system-clock.ts';
import { addressIn, holdfast, ran, temporaryFolder } from './holdfast-process.ts';

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const connected = async (url: string) => {
  const client = new Client({ name: 'tester', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, id: transport.sessionId ?? '' };
};

const notesOf = async (client: Client): Promise<string> =>
  JSON.stringify(await client.callTool({ name: 'note_list', arguments: {} }));

test('the greeting names the folder and how many sessions are in it; a drain puts them away and says so', async () => {
  const data = join(temporaryFolder(), 'made');
  const flags = ['serve', '--port', '0', '--data', data];
  const first = holdfast(flags);
  const url = addressIn(await first.line(/listens on/));
  expect(await first.line(/^sessions are kept/)).toBe(
    `sessions are kept in ${data}: 0 stored; quiet ones are put away after 30s`,
  );
  await connected(url);
  await connected(url);
  first.child.kill('SIGTERM');
  expect(await first.line(/^drained/)).toMatch(
    /^drained: 2 sessions put away, 0 ended, 0 operations aborted, in \d+ ms$/,
  );
  expect(await first.exit()).toBe(0);
  expect(existsSync(join(data, 'owner.json'))).toBe(false);

  const second = holdfast([...flags, '--json']);
  expect(JSON.parse(await second.line(/serve.listening/))).toMatchObject({
    data: { folder: data, stored: 2 },
    deadlines: { idleTimeoutMs: 86_400_000, maxLifetimeMs: 604_800_000, hibernateAfterMs: 30_000 },
  });
  second.child.kill('SIGTERM');
  expect(await second.exit()).toBe(0);
  expect(JSON.parse(second.lines.at(-1) ?? '')).toMatchObject({
    type: 'serve.drained',
    ended: 0,
    left: [],
  });
});

test('a new process on the same folder and port waits for the old one, and its sessions go on there', async () => {
  const data = temporaryFolder();
  const flags = ['serve', '--port', String(await freePort()), '--data', data];
  const old = holdfast(flags);
  const url = addressIn(await old.line(/listens on/));
  const { client, id } = await connected(url);
  await client.callTool({ name: 'note_add', arguments: { text: 'before' } });

  const fresh = holdfast(flags);
  const waiting = await fresh.line(/waiting/);
  expect(waiting).toContain(`${data} is held by process ${old.child.pid} (since `);
  expect(waiting).toContain('waiting for it, for at most 30 s');
  // The old one is served from until it is told to go.
  expect(await notesOf(client)).toContain('before');
  old.child.kill('SIGTERM');
  expect(await old.exit()).toBe(0);
  expect(addressIn(await fresh.line(/listens on/))).toBe(url);
  expect(await fresh.line(/^sessions are kept/)).toContain(': 1 stored');
  expect(fresh.lines.filter((line) => line.includes('waiting'))).toHaveLength(1);
  expect(fresh.errors).toEqual([]);

  expect(await notesOf(client)).toContain('before');
  await client.callTool({ name: 'note_add', arguments: { text: 'after' } });
  expect(await notesOf(client)).toContain('2. after');
  fresh.child.kill('SIGTERM');
  expect(await fresh.exit()).toBe(0);
  expect((await ran(['why', id, '--data', data])).printed[0]).toContain('idle');
});

test('a port that is not free yet when the folder is had is waited for', async () => {
  const data = temporaryFolder();
  const old = holdfast(['serve', '--port', '0', '--data', data]);
  await old.line(/listens on/);
  const port = await freePort();
  const closing = createServer();
  await new Promise<void>((resolve) => closing.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void closing.close());
  const fresh = holdfast(['serve', '--port', String(port), '--data', data]);
  await fresh.line(/waiting/);
  old.child.kill('SIGTERM');
  expect(await old.exit()).toBe(0);
  // Until it has the folder, and for as long as a look at the port takes.
  const holder = (): string => {
    const note = join(data, 'owner.json');
    return existsSync(note) ? readFileSync(note, 'utf8') : '';
  };
  while (!holder().includes(`"pid":${fresh.child.pid}`)) await wait(systemClock(), 20);
  await wait(systemClock(), 500);
  expect(fresh.child.exitCode).toBeNull();
  closing.close();
  expect(await fresh.line(/listens on/)).toContain(`:${port}/mcp`);
  fresh.child.kill('SIGTERM');
  expect(await fresh.exit()).toBe(0);
});

test('after kill -9 the next process has the folder at once, and what was acknowledged', async () => {
  const data = temporaryFolder();
  const flags = ['serve', '--port', String(await freePort()), '--data', data];
  const old = holdfast(flags);
  const { client } = await connected(addressIn(await old.line(/listens on/)));
  await client.callTool({ name: 'note_add', arguments: { text: 'kept' } });
  const gone = once(old.child, 'exit');
  old.child.kill('SIGKILL');
  await gone;
  const fresh = holdfast(flags);
  await fresh.line(/listens on/);
  expect(fresh.lines.join('\n')).not.toContain('waiting');
  expect(await notesOf(client)).toContain('kept');
  fresh.child.kill('SIGTERM');
  expect(await fresh.exit()).toBe(0);
});

test('told to stop while it waits for the folder, it goes at once, and takes nothing', async () => {
  const data = temporaryFolder();
  const old = holdfast(['serve', '--port', '0', '--data', data]);
  await old.line(/listens on/);
  const fresh = holdfast(['serve', '--port', '0', '--data', data]);
  await fresh.line(/waiting/);
  fresh.child.kill('SIGINT');
  expect(await fresh.exit()).toBe(0);
  expect(fresh.errors).toEqual(['stopped before it listened']);
  // The old one still has it.
  expect((await ran(['purge', '--ended', '--data', data])).errors[0]).toContain(
    `is held by process ${old.child.pid}`,
  );
  old.child.kill('SIGTERM');
  expect(await old.exit()).toBe(0);
});

test('a port that somebody else has is given up on, and the folder with it', async () => {
  const data = temporaryFolder();
  const other = holdfast(['serve', '--port', '0']);
  const { port } = new URL(addressIn(await other.line(/listens on/)));
  const run = await ran(['serve', '--port', port, '--data', data]);
  expect(run).toMatchObject({ code: 1, printed: [] });
  expect(run.errors).toEqual([expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`)]);
  expect((await ran(['purge', '--ended', '--data', data])).code).toBe(0);
});

test('a folder that cannot be one is told, and exit code 1', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  for (const data of [file, join(file, 'inside')]) {
    const run = await ran(['serve', '--port', '0', '--data', data]);
    expect(run).toMatchObject({ code: 1, printed: [], errors: [expect.stringContaining(data)] });
  }
});
