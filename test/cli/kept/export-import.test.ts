import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { called, exportOf } from '../called.ts';
import { addressIn, clientProcess, holdfast, ran, temporaryFolder } from '../holdfast-process.ts';
import { fill, SECRET, withRuntime } from './kept-folder.ts';

/** An export, with a session that goes on and one that ended. */
const exported = async () => {
  const data = temporaryFolder();
  const ids = await fill(data);
  return { data, ...ids, lines: await exportOf(data, join(data, 'out')) };
};

/** Imports lines out of a file. */
const imported = (lines: readonly (string | undefined)[], data: string, ...flags: string[]) => {
  const file = join(temporaryFolder(), 'in.jsonl');
  writeFileSync(file, lines.join('\n'));
  return called(['import', file, ...flags, '--data', data]);
};

const idsIn = (folder: string): Promise<string[]> =>
  withRuntime(folder, async (runtime) => (await runtime.list()).sessions.map(({ id }) => id));

test('an export has a header, each session with its journal after it, and an end with the counts', async () => {
  const { lines, living, ended } = await exported();
  const told = lines.map((line) => JSON.parse(line));
  expect(told[0]).toMatchObject({ kind: 'header', format: 'holdfast-export', version: 1 });
  expect(told.at(-1)).toEqual({ kind: 'end', sessions: 2, entries: 6 });
  const records = told.filter(({ kind }) => kind === 'session').map(({ record }) => record);
  expect(records.map(({ id }) => id)).toEqual([living, ended].sort());
  for (const record of records) {
    expect(Object.keys(record)).not.toContain('token');
    expect(Object.keys(record)).not.toContain('owner');
  }
  const at = told.findIndex(({ record }) => record?.id === living);
  expect(told.slice(at + 1, at + 6).map(({ kind, seq }) => [kind, seq])).toEqual(
    [1, 2, 3, 4, 5].map((seq) => ['entry', seq]),
  );
});

test('what was exported is there after an import, whole: record, journal, key, end', async () => {
  const { lines, living, ended } = await exported();
  const data = join(temporaryFolder(), 'made');
  const taken = await ran(['import', '-', '--data', data], {}, `${lines.join('\n')}\n`);
  expect(taken).toMatchObject({
    code: 0,
    printed: ['taken in: 2 sessions, 6 journal entries'],
    errors: [],
  });
  expect(statSync(data).mode & 0o777).toBe(0o700);
  expect(statSync(join(data, 'sessions.db')).mode & 0o777).toBe(0o600);
  const again = await ran(['export', '--data', data]);
  expect(again.code).toBe(0);
  expect(again.printed.slice(1)).toEqual(lines.slice(1));
  await withRuntime(data, async (runtime) => {
    const session = await runtime.getOrCreate({ principal: 'ada', key: 'chat' });
    expect(session.id).toBe(living);
    expect(session.data).toEqual({ note: SECRET });
    expect(session.frontEnd('mcp').value).toEqual({ level: 'debug' });
    const { messages } = await session.messages();
    expect(messages.map(({ content }) => content)).toEqual([
      `${SECRET} \u2028 in two lines\u0085`,
      SECRET,
      SECRET,
    ]);
    await session.append({ role: 'user', content: 'and it goes on' });
    expect(await (await runtime.get(ended)).terminate()).toBe('client');
  });
});

test('a file is new, only its user may read it, and the line on the terminal says what is in it', async () => {
  const { data, lines } = await exported();
  const out = join(data, 'all.jsonl');
  const run = await called(['export', '--data', data, '--out', out]);
  expect(run).toMatchObject({
    code: 0,
    printed: [`${out}: 2 sessions, 6 journal entries`],
    errors: [],
  });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(readFileSync(out, 'utf8').split('\n').slice(1, -1)).toEqual(lines.slice(1));
  writeFileSync(out, 'mine');
  const second = await called(['export', '--data', data, '--out', out]);
  expect(second).toMatchObject({ code: 1, errors: [expect.stringContaining('is there already')] });
  expect(readFileSync(out, 'utf8')).toBe('mine');
  const nowhere = await called(['export', '--data', data, '--out', join(data, 'no', 'file')]);
  expect(nowhere).toMatchObject({
    code: 1,
    printed: [],
    errors: [`There is no folder ${join(data, 'no')}: nothing was written.`],
  });
  const below = await called(['export', '--data', data, '--out', join(out, 'file')]);
  expect(below).toMatchObject({ code: 1, errors: [`${out} is no folder: nothing was written.`] });
});

test('--json changes nothing: it is JSON lines already', async () => {
  const { data, lines } = await exported();
  const out = join(data, 'all.jsonl');
  expect(await called(['export', '--json', '--data', data, '--out', out])).toMatchObject({
    code: 0,
  });
  expect(readFileSync(out, 'utf8').split('\n').slice(1, -1)).toEqual(lines.slice(1));
});

test('beside a server it is one moment, and the server goes on', async () => {
  const data = temporaryFolder();
  const server = holdfast(['serve', '--port', '0', '--data', data]);
  const url = addressIn(await server.line(/listens on/));
  await clientProcess(url, 'one').line(/ready/);
  const run = await ran(['export', '--data', data]);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.printed.at(-1) ?? '')).toEqual({ kind: 'end', sessions: 1, entries: 0 });
  await clientProcess(url, 'two').line(/ready/);
  server.child.kill('SIGTERM');
  expect(await server.exit()).toBe(0);
});

test('what is there already is refused, with a count and the first few, and nothing is taken in', async () => {
  const { lines, living } = await exported();
  const data = temporaryFolder();
  const only = (id: string) => {
    const at = lines.findIndex((line) => line.includes(`"id":"${id}"`));
    return [lines[0], ...lines.slice(at, at + 6), '{"kind":"end","sessions":1,"entries":5}'];
  };
  const first = await imported(only(living), data);
  expect(first.code).toBe(0);
  const refused = await imported(lines, data);
  expect(refused).toMatchObject({ code: 1, printed: [] });
  expect(refused.errors).toEqual([
    `1 session is there already: ${living}. Nothing was taken in; with --skip-existing the others are.`,
  ]);
  expect(await idsIn(data)).toEqual([living]);
  const skipping = await imported(lines, data, '--skip-existing');
  expect(skipping.printed).toEqual([
    'taken in: 1 session, 1 journal entry',
    `left as they are: 1 (${living})`,
  ]);
  expect(await idsIn(data)).toHaveLength(2);
});

test('a key that another session has is in the way like an id', async () => {
  const { lines, living } = await exported();
  const data = temporaryFolder();
  const other = await withRuntime(data, async (runtime) => {
    return (await runtime.getOrCreate({ principal: 'ada', key: 'chat' })).id;
  });
  const refused = await imported(lines, data);
  expect(refused.errors[0]).toContain(`${living} (its key belongs to another)`);
  expect(await idsIn(data)).toEqual([other]);
});

test('a file that was cut or changed anywhere takes nothing in, and the line is told', async () => {
  const { lines, living, ended } = await exported();
  const at = lines.findIndex((line) => line.includes(`"id":"${ended}"`));
  const data = temporaryFolder();
  const file = join(data, 'in.jsonl');
  const text = `${lines.join('\n')}\n`;
  const broken: [string, RegExp][] = [
    ['', /line 1: the file is empty/],
    [`${lines.slice(0, -1).join('\n')}\n`, new RegExp(`line ${lines.length}: the file is cut`)],
    [text.slice(0, -10), new RegExp(`line ${lines.length}: is no JSON, or was cut`)],
    [[...lines.slice(0, 3), ...lines.slice(4)].join('\n'), /line \d+: /],
    [`${text}{}`, new RegExp(`line ${lines.length + 1}: comes after the end`)],
    [
      [
        lines[0],
        ...[1, 2].flatMap(() => lines.slice(at, at + 2)),
        '{"kind":"end","sessions":2,"entries":2}',
      ].join('\n'),
      new RegExp(`line 4: has the session ${ended} again\\.`),
    ],
    [text.replace(living, 'ses_x'), /line \d: has a record whose id is missing or not allowed/],
  ];
  for (const [content, what] of broken) {
    writeFileSync(file, content);
    const run = await called(['import', file, '--data', join(data, 'store')]);
    expect({ code: run.code, printed: run.printed }).toEqual({ code: 1, printed: [] });
    expect(run.errors).toEqual([expect.stringMatching(what)]);
    expect(run.errors[0]).toMatch(/Nothing was taken in\.$/);
    // Nor is there anything of a store that was not there before.
    expect(readdirSync(data)).toEqual(['in.jsonl']);
  }
  await withRuntime(join(data, 'store'), async () => undefined);
  expect((await called(['import', file, '--data', join(data, 'store')])).code).toBe(1);
  expect(await idsIn(join(data, 'store'))).toEqual([]);
});

test('a server that has the folder is named, and a file that is not there makes no folder', async () => {
  const data = temporaryFolder();
  const server = holdfast(['serve', '--port', '0', '--data', data]);
  await server.line(/listens on/);
  const { lines } = await exported();
  const run = await imported(lines, data);
  expect(run.code).toBe(1);
  expect(run.errors[0]).toContain(`is held by process ${server.child.pid}`);
  server.child.kill('SIGTERM');
  expect(await server.exit()).toBe(0);

  const none = await called(['import', join(data, 'none'), '--data', join(data, 'made')]);
  expect(none).toMatchObject({ code: 1, errors: [`There is no file ${join(data, 'none')}.`] });
  expect(existsSync(join(data, 'made'))).toBe(false);
});
