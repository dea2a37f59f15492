import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/index.ts';
import { called } from '../called.ts';
import { addressIn, clientProcess, holdfast, ran, temporaryFolder } from '../holdfast-process.ts';
import { fill, SECRET } from './kept-folder.ts';

test('of a session that goes on: whose it is, what it waits for, what happened, and nothing that was said', async () => {
  const data = temporaryFolder();
  const { living } = await fill(data);
  const { code, printed, errors } = await ran(['why', living, '--data', data]);
  expect({ code, errors }).toEqual({ code: 0, errors: [] });
  expect(printed[0]).toBe(`${living}: idle, until it is needed`);
  const told = printed.join('\n');
  expect(told).toMatch(/belongs to +ada$/m);
  expect(told).toMatch(/key +chat$/m);
  expect(told).toMatch(/client +chat 1\.2$/m);
  expect(told).toMatch(/waits for +in 23 h 59 min \(.* UTC\): it ends with idle-timeout, if/);
  expect(told).toMatch(/lives until .* in 6 d 23 h$/m);
  expect(told).toMatch(/journal +5 entries, \d+ bytes: 3 messages \(2 user, 1 assistant\)$/m);
  expect(printed.slice(-4).map((line) => line.replace(/^ {2}[-\d]+ [:\d]+ {2}/, ''))).toEqual([
    expect.stringMatching(/^2 messages \(1 user, 1 assistant\)/),
    'operation sync started',
    'operation sync finished: done',
    '1 message (1 user)',
  ]);
  expect(told).not.toContain(SECRET);
});

test('of one that ended: why, and when its record goes', async () => {
  const data = temporaryFolder();
  const { ended } = await fill(data);
  const { code, printed } = await called(['why', ended], { HOLDFAST_DATA: data });
  expect(code).toBe(0);
  expect(printed[0]).toMatch(/: ended \d+ s ago \(client\)$/);
  expect(printed.join('\n')).toMatch(/ended .* ago: its client ended it$/m);
  expect(printed.join('\n')).toMatch(
    /waits for +in 19 min .*: its record and its journal are removed/,
  );
});

test('with --json it is one object, also without what was said', async () => {
  const data = temporaryFolder();
  const { living } = await fill(data);
  const { printed } = await called(['why', living, '--json', '--data', data]);
  expect(printed).toHaveLength(1);
  expect(printed[0]).not.toContain(SECRET);
  expect(JSON.parse(printed[0] ?? '')).toMatchObject({
    id: living,
    principal: 'ada',
    key: 'chat',
    state: 'idle',
    place: 'stored',
    due: { deadline: 'idleTimeout' },
    journal: { entries: 5, messages: 3, byRole: { user: 2, assistant: 1 } },
    unfinished: [],
  });
});

test('beside a server and after it was killed: it reads what is durable, and locks nothing', async () => {
  const data = temporaryFolder();
  const server = holdfast(['serve', '--port', '0', '--data', data, '--log-level', 'debug']);
  const url = addressIn(await server.line(/listens on/));
  const client = clientProcess(url, 'watched');
  await client.line(/ready/);
  const id = /ses_\S+/.exec(await server.line(/created ses_/))?.[0] ?? '';
  const beside = await called(['why', id, '--data', data]);
  expect(beside.printed[0]).toBe(`${id}: active or idle`);
  expect(beside.printed.join('\n')).toContain('in the memory of a server that lives');

  const gone = once(server.child, 'exit');
  server.child.kill('SIGKILL');
  await gone;
  expect(readdirSync(data)).toContain('sessions.db-wal');
  const after = await called(['why', id, '--data', data]);
  expect(after.code).toBe(0);
  expect(after.printed[0]).toBe(`${id}: idle, until it is needed`);
  expect(after.printed.join('\n')).toMatch(/left by a server that is gone, last seen \d s ago/);
  expect(
    JSON.parse((await called(['why', id, '--json', '--data', data])).printed[0] ?? ''),
  ).toMatchObject({ id, client: { name: 'watched', version: '1.0.0' }, reason: null });
});

test.each([
  ['an unknown id', mintSessionId(), /^There is no session ses_\S+ in .*: it never was there/],
  ['a malformed id', 'ses_x', /^"ses_x" is no id of a session/],
])('%s is told as such, and exit code 1', async (_, id, what) => {
  const data = temporaryFolder();
  await fill(data);
  const { code, printed, errors } = await called(['why', id, '--data', data]);
  expect({ code, printed }).toEqual({ code: 1, printed: [] });
  expect(errors).toEqual([expect.stringMatching(what)]);
});

test('no folder, no store in it, none that is kept, no id: told as such, and nothing is made', async () => {
  const data = temporaryFolder();
  const id = mintSessionId();
  const errorOf = async (...args: string[]) => (await called(['why', ...args])).errors.join('\n');
  expect(await errorOf(id, '--data', join(data, 'none'))).toContain('There is no folder');
  expect(await errorOf(id, '--data', data)).toContain('There is no store in');
  expect(await errorOf(id, '--data', ':memory:')).toContain(
    '--data is :memory:: nothing is kept there',
  );
  expect((await called(['why', id], { HOLDFAST_DATA: ':memory:' })).errors[0]).toContain(
    'HOLDFAST_DATA is :memory:',
  );
  expect(await errorOf()).toBe('It needs the id of one session.');
  expect(await errorOf(id, id)).toContain('is too much');
  expect(readdirSync(data)).toEqual([]);
});
