import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { temporaryFolder } from '../holdfast-process.ts';

const MAIN = join(import.meta.dirname, '../../../dist/src/cli/main.js');
const MEBIBYTE = 1024 * 1024;

/** An export whose output nobody reads before it is asked for. */
const started = (data: string, temporary: string) => {
  const child = spawn(process.execPath, [MAIN, 'export', '--data', data], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, closed: once(child, 'close') };
};

const filled = async (data: string) => {
  const store = await openSqliteStore({ folder: data });
  onTestFinished(() => store.close());
  const held = await store.create(newRecord('a'));
  return { store, held: await store.commit(held, { append: ['x'.repeat(MEBIBYTE)] }) };
};

test('into a pipe that nobody reads: the log of the server does not grow for it, and nothing is left of it', async () => {
  const data = temporaryFolder();
  const temporary = temporaryFolder();
  const { store, held } = await filled(data);
  const { child, closed } = started(data, temporary);
  // Its first bytes are there, and more than the pipe holds is behind them.
  await once(child.stdout, 'readable');
  let last = held;
  for (let n = 0; n < 60; n += 1) {
    // Another one each time: of what stays the same, SQLite writes nothing.
    last = await store.commit(last, { snapshot: 'yz'.charAt(n % 2).repeat(200 * 1024) });
  }
  expect(statSync(join(data, 'sessions.db-wal')).size).toBeLessThan(8 * MEBIBYTE);
  expect(child.exitCode).toBeNull();
  expect(readdirSync(temporary)).toEqual([]);
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  expect(await closed).toEqual([0, null]);
  expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['header', 'session', 'entry', 'end']);
  // The moment is that of its beginning.
  expect(lines[1]).not.toContain('yyy');
});

test('one that is killed meanwhile leaves nothing in the folder for temporary files', async () => {
  const data = temporaryFolder();
  const temporary = temporaryFolder();
  await filled(data);
  const { child, closed } = started(data, temporary);
  await once(child.stdout, 'readable');
  child.kill('SIGKILL');
  child.stdout.resume();
  expect(await closed).toEqual([null, 'SIGKILL']);
  expect(readdirSync(temporary)).toEqual([]);
});

test('where there is no room for temporary files, it says so, and what helps', async () => {
  const data = temporaryFolder();
  await filled(data);
  const temporary = join(temporaryFolder(), 'none');
  const { child, closed } = started(data, temporary);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(await closed).toEqual([1, null]);
  expect(out).toBe('');
  expect(err).toBe(
    `The export is put into a file in ${temporary} before it is handed on, and that failed (ENOENT): name another folder in TMPDIR, or write it with --out.\n`,
  );
});
