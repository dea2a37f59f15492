import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mintSessionId } from '../../src/index.ts';
import { called, exportOf } from './called.ts';
import { holdfast, temporaryFolder } from './holdfast-process.ts';
import { fill, SECRET } from './kept-folder.ts';

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
    printed: ['removed: 1 session, with all that was said in them'],
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
    'removed: 0 sessions, with all that was said in them',
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
