import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { loadDriver } from '../../../src/store/sqlite/thread/driver.ts';
import { called } from '../called.ts';
import { ran, temporaryFolder } from '../holdfast-process.ts';
import { fill } from './kept-folder.ts';

/** A folder with a session that goes on and one that ended, and what was done to it past every server. */
const spoilt = async (change: (ids: { living: string; ended: string }) => string) => {
  const data = temporaryFolder();
  const ids = await fill(data);
  const database = (await loadDriver()).open(join(data, 'sessions.db'));
  database.exec(change(ids));
  database.close();
  const out = join(data, 'out');
  const exported = await called(['export', '--data', data, '--out', out]);
  const kinds = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  return { ...ids, data, out, exported, kinds };
};

test('what a newer version wrote is exported as it is, with a warning, and left out of an import where that is asked for', async () => {
  const { ended, out, exported, kinds } = await spoilt(
    (ids) =>
      `UPDATE sessions SET schema = ${RECORD_SCHEMA + 1}, state = 'archived' WHERE id = '${ids.ended}'`,
  );
  expect(exported).toMatchObject({
    code: 0,
    printed: [`${out}: 2 sessions, 6 journal entries`],
    errors: [
      '1 session in it cannot be read by this version of Holdfast: import takes the file in with the version that wrote them, or with --skip-unreadable without them.',
    ],
  });
  expect(kinds.filter((kind) => kind === 'session')).toHaveLength(2);
  const data = temporaryFolder();
  const refused = await called(['import', out, '--data', data]);
  expect(refused).toMatchObject({ code: 1, printed: [] });
  expect(refused.errors).toEqual([
    expect.stringMatching(
      /line \d: cannot be read\. It is of schema \d+,.*--skip-unreadable.*taken in\.$/,
    ),
  ]);
  const taken = await called(['import', out, '--skip-unreadable', '--data', data]);
  expect(taken).toMatchObject({
    code: 0,
    printed: ['taken in: 1 session, 5 journal entries', 'left out: 1 session that cannot be read'],
  });
  expect((await called(['why', ended, '--data', data])).code).toBe(1);
});

test('a record that is damaged is told with its id, and keeps nobody else from being exported', async () => {
  for (const session of ['{"a":', 'null']) {
    const { data, living, ended, out, exported, kinds } = await spoilt(
      (ids) => `UPDATE sessions SET session = '${session}' WHERE id = '${ids.ended}'`,
    );
    expect(exported).toMatchObject({
      code: 1,
      printed: [`${out}: 1 session, 5 journal entries`],
      errors: [`What is stored of ${ended} is damaged: it is left out.`],
    });
    expect(kinds).toEqual(['header', 'session', ...Array(5).fill('entry'), 'end']);
    // Into a pipe as well.
    const piped = await ran(['export', '--data', data]);
    expect(piped).toMatchObject({ code: 1, errors: exported.errors });
    expect(piped.printed).toHaveLength(8);
    const other = temporaryFolder();
    expect((await called(['import', out, '--data', other])).code).toBe(0);
    expect((await called(['why', living, '--data', other])).code).toBe(0);
    const why = await called(['why', ended, '--data', data]);
    expect(why.code).toBe(0);
    expect(why.printed[1]).toMatch(/^ {2}cannot be read {2}/);
  }
});

test('an entry of a journal that is damaged is told, and the rest of its session goes on', async () => {
  const { living, out, exported, kinds } = await spoilt(
    (ids) => `UPDATE journal SET data = '{' WHERE seq = 2
      AND session = (SELECT number FROM sessions WHERE id = '${ids.living}')`,
  );
  expect(exported).toMatchObject({
    code: 1,
    errors: [`Entry 2 in the journal of ${living} is damaged: its content is left out.`],
  });
  expect(kinds).toHaveLength(10);
  const other = temporaryFolder();
  expect((await called(['import', out, '--data', other])).code).toBe(0);
  const why = await called(['why', living, '--data', other]);
  expect(why.printed.join('\n')).toMatch(/journal +5 entries, \d+ bytes: 2 messages/);
});

test('whatever is in a file or a folder, a terminal is not commanded by what is told of it', async () => {
  const { living, data, out } = await spoilt(() => 'SELECT 1');
  const [header = '', ...lines] = readFileSync(out, 'utf8').trimEnd().split('\n');
  const evil = '\u001b]0;pwned\u0007\u001b[2J\u009b31m\u202e';
  const file = join(data, 'evil');
  const commanding = /[\p{Cc}\p{Bidi_Control}]/u;
  const importing = async (...all: readonly string[]) => {
    writeFileSync(file, all.join('\n'));
    return ran(['import', file, '--data', join(data, 'other')]);
  };
  const raw = JSON.stringify({ ...JSON.parse(header), version: evil });
  const refused = await importing(raw, ...lines);
  expect(refused.code).toBe(1);
  expect(refused.errors).toHaveLength(1);
  expect(refused.errors[0]).toMatch(/line 1: says format version "\\u001b\]0;pwned/);
  expect(refused.errors[0]).not.toMatch(commanding);
  const end = JSON.stringify({ kind: 'end', sessions: evil, entries: 0 });
  const cut = await importing(header, end);
  expect(cut.errors).toEqual([expect.stringMatching(/line 2: is an end without its counts\./)]);

  const database = (await loadDriver()).open(join(data, 'sessions.db'));
  database.exec(`UPDATE sessions SET principal = '${evil}' WHERE id = '${living}'`);
  database.close();
  for (const flags of [[], ['--json']]) {
    const why = await ran(['why', living, '--data', data, ...flags]);
    expect(why.code).toBe(0);
    expect(why.printed.join('')).toContain('pwned');
    expect(why.printed.join('')).not.toMatch(commanding);
    if (flags.length > 0) expect(JSON.parse(why.printed[0] ?? '').principal).toBe(evil);
  }
});
