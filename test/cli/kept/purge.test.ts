import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/index.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { ownFolder } from '../../../src/store/sqlite/owned-folder.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { called, exportOf } from '../called.ts';
import { holdfast, temporaryFolder } from '../holdfast-process.ts';
import { fill, SECRET, withRuntime } from './kept-folder.ts';

const idsIn = async (data: string): Promise<string[]> => {
  const lines = await exportOf(data, join(data, 'out'));
  return lines.flatMap((line) => JSON.parse(line).record?.id ?? []);
};

test('an ended session goes with all that was said in it; one that goes on stays', async () => {
  const data = temporaryFolder();
  const { living, ended } = await fill(data);
  const run = await called(['purge', ended, ended, '--data', data]);
  expect(run).toMatchObject({
    code: 0,
    printed: ['removed: 1 session, with all that was said in it'],
  });
  expect(await idsIn(data)).toEqual([living]);
  const printed = await exportOf(data, join(data, 'out'));
  expect(JSON.parse(printed.at(-1) ?? '')).toEqual({ kind: 'end', sessions: 1, entries: 5 });
  expect((await called(['why', ended, '--data', data])).code).toBe(1);
});

test('--ended is all that have ended, and no other', async () => {
  const data = temporaryFolder();
  const { living } = await fill(data);
  expect((await called(['purge', '--ended', '--data', data])).code).toBe(0);
  expect(await idsIn(data)).toEqual([living]);
  expect((await called(['purge', '--ended', '--data', data])).printed).toEqual([
    'removed: nothing, as no session has ended',
  ]);
});

test('one that goes on, or is unknown, is refused, and then nothing is removed; --living removes it', async () => {
  const data = temporaryFolder();
  const { living, ended } = await fill(data);
  const unknown = mintSessionId();
  const run = await called(['purge', ended, living, unknown, '--data', data]);
  expect(run).toMatchObject({ code: 1, printed: [] });
  expect(run.errors).toEqual([
    expect.stringMatching(
      new RegExp(`^${living} has not ended \\(it is \\w+\\); --living removes`),
    ),
    `There is no session ${unknown} here.`,
    'Nothing was removed.',
  ]);
  expect(await idsIn(data)).toHaveLength(2);
  expect((await called(['purge', living, '--living', '--data', data])).code).toBe(0);
  const printed = await exportOf(data, join(data, 'out'));
  expect(printed.join('\n')).not.toContain('"chat"');
  expect(printed.join('\n')).toContain(SECRET); // The ended one has its own.
  expect(await idsIn(data)).toEqual([ended]);
});

/** Spoils what is stored: the SQL of each. */
const spoil = async (data: string, ...changes: readonly string[]): Promise<void> => {
  const database = (await loadDriver()).open(join(data, 'sessions.db'));
  for (const sql of changes) database.exec(sql);
  database.close();
};

test('what cannot be read here is left as it is, by its id and by --ended, and why is told', async () => {
  const data = temporaryFolder();
  const { living, ended } = await fill(data);
  const others = await withRuntime(data, async (runtime) => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const session = await runtime.create();
      await session.terminate();
      ids.push(session.id);
    }
    return ids.sort();
  });
  const [newer = '', damaged = '', ...more] = others;
  await spoil(
    data,
    `UPDATE sessions SET schema = ${RECORD_SCHEMA + 1} WHERE id IN (${more.map((id) => `'${id}'`).join()}, '${newer}')`,
    `UPDATE sessions SET session = '{"a":' WHERE id = '${damaged}'`,
  );
  const named = await called(['purge', ended, newer, damaged, '--living', '--data', data]);
  expect(named).toMatchObject({ code: 1, printed: [] });
  expect(named.errors).toEqual([
    expect.stringMatching(
      `^${newer} is left as it is. It was stored in schema ${RECORD_SCHEMA + 1}`,
    ),
    expect.stringMatching(`^${damaged} is left as it is. .* is damaged`),
    'Nothing was removed.',
  ]);
  const one = await called(['purge', newer, '--data', data]);
  expect(one).toMatchObject({
    code: 1,
    printed: [],
    errors: [expect.any(String), 'Nothing was removed.'],
  });
  const all = await called(['purge', '--ended', '--data', data]);
  expect(all).toMatchObject({ code: 0, errors: [] });
  expect(all.printed).toEqual([
    'removed: 1 session, with all that was said in it',
    'left as they are: 5 sessions that cannot be read',
    expect.stringMatching(`^  ${newer}: It was stored in schema ${RECORD_SCHEMA + 1}`),
    expect.stringMatching(`^  ${damaged}: .* is damaged`),
    expect.stringMatching(`^  ${more[0]}: It was stored in schema ${RECORD_SCHEMA + 1}`),
    '  and 2 more',
  ]);
  await spoil(data, `UPDATE sessions SET schema = ${RECORD_SCHEMA}`);
  const left = await called(['export', '--data', data, '--out', join(data, 'left')]);
  expect(left.code).toBe(1);
  const ids = readFileSync(join(data, 'left'), 'utf8').match(/(?<="id":")ses_[^"]+/g);
  expect(ids?.sort()).toEqual([living, newer, ...more].sort());
});

test('--ended finds all of them, however many there are and wherever those that stay are', async () => {
  const data = temporaryFolder();
  const owned = await ownFolder(data);
  const record = {
    ...newRecord('x'),
    state: 'terminated',
    due: null,
    epoch: 1,
    journalSeq: 0,
    schema: RECORD_SCHEMA,
  } as const;
  const ids = Array.from({ length: 150 }, () => mintSessionId()).sort();
  const stay = [ids[63], ids[64], ids[149]].map(String);
  await owned.change((writer) => {
    for (const id of ids)
      writer.put({ ...record, id, schema: stay.includes(id) ? RECORD_SCHEMA + 1 : RECORD_SCHEMA });
  });
  owned.close();
  expect((await called(['purge', '--ended', '--data', data])).printed).toEqual([
    'removed: 147 sessions, with all that was said in them',
    'left as they are: 3 sessions that cannot be read',
    ...stay.map((id) => expect.stringContaining(id)),
  ]);
  expect(await idsIn(data)).toEqual(stay);
});

test('where none that ended can be read, nothing is removed, and that is not told as if none had ended', async () => {
  const data = temporaryFolder();
  await fill(data);
  await spoil(data, `UPDATE sessions SET schema = ${RECORD_SCHEMA + 1}`);
  expect((await called(['purge', '--ended', '--data', data])).printed.slice(0, 2)).toEqual([
    'removed: nothing',
    'left as they are: 1 session that cannot be read',
  ]);
});

test('what cannot be meant is told before the folder is taken', async () => {
  const data = temporaryFolder();
  const id = mintSessionId();
  const errorsOf = async (...args: string[]) => (await called(['purge', ...args])).errors;
  expect(await errorsOf('--data', data)).toEqual(['It needs the ids of sessions, or --ended.']);
  expect(await errorsOf(id, '--ended', '--living')).toHaveLength(2);
  expect(await errorsOf('x', 'y', '--data', data)).toHaveLength(2);
  expect(await errorsOf(id, '--data', data)).toEqual([
    expect.stringContaining('There is no store in'),
  ]);
});

test('beside a server it is refused, with who has the folder', async () => {
  const data = temporaryFolder();
  const { ended } = await fill(data);
  const server = holdfast(['serve', '--port', '0', '--data', data]);
  await server.line(/listens on/);
  const run = await called(['purge', ended, '--data', data]);
  expect(run.code).toBe(1);
  expect(run.errors[0]).toContain(`is held by process ${server.child.pid}`);
  server.child.kill('SIGTERM');
  await server.exit();
  expect(await idsIn(data)).toContain(ended);
});
