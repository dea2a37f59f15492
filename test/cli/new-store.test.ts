import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBesideNewStore } from '../../src/cli/new-store.ts';
import { called, exportOf } from './called.ts';
import { holdfast, temporaryFolder } from './holdfast-process.ts';
import { fill } from './kept/kept-folder.ts';

test('what stands where a store is to be made: nothing, files, or a store already', async () => {
  const folder = temporaryFolder();
  expect(filesBesideNewStore(join(folder, 'none'))).toBe(0);
  expect(filesBesideNewStore(folder)).toBe(0);
  writeFileSync(join(folder, 'main.ts'), '');
  mkdirSync(join(folder, 'deep'));
  expect(filesBesideNewStore(folder)).toBe(2);
  expect(filesBesideNewStore(join(folder, 'main.ts'))).toBe(0);
  await fill(folder);
  expect(filesBesideNewStore(folder)).toBe(0);
  // What a store that was moved away, or one that is waited for, left of its own.
  const other = temporaryFolder();
  for (const own of ['owner.db', 'owner.json', '.DS_Store']) writeFileSync(join(other, own), '');
  expect(filesBesideNewStore(other)).toBe(0);
});

test('a server that makes its store among files says so in one line, once', async () => {
  const data = temporaryFolder();
  writeFileSync(join(data, 'main.ts'), '');
  const args = ['serve', '--port', '0', '--data', data, '--log-level', 'silent'];
  const linesOf = async (...more: string[]): Promise<readonly string[]> => {
    const server = holdfast([...args, ...more]);
    await server.line(/listen/);
    server.child.kill('SIGTERM');
    expect(await server.exit()).toBe(0);
    return server.lines;
  };
  expect(await linesOf()).toContain(
    `${data} was not empty: a new store was made there beside 1 other file. If it was meant to have a folder of its own, stop, and give another --data.`,
  );
  expect((await linesOf()).join('\n')).not.toContain('not empty');
});

test('with --json it is told in the line of the greeting', async () => {
  const data = temporaryFolder();
  for (const name of ['a', 'b']) writeFileSync(join(data, name), '');
  const server = holdfast(['serve', '--json', '--port', '0', '--data', data]);
  const listening: unknown = JSON.parse(await server.line(/listening/));
  expect(listening).toMatchObject({ data: { folder: data, stored: 0, madeBeside: 2 } });
  server.child.kill('SIGTERM');
  expect(await server.exit()).toBe(0);
});

test('an import says so as well, only where it took something in', async () => {
  const kept = temporaryFolder();
  await fill(kept);
  const file = join(temporaryFolder(), 'in.jsonl');
  const lines = await exportOf(kept, join(kept, 'out'));
  const data = temporaryFolder();
  writeFileSync(join(data, 'main.ts'), '');
  writeFileSync(file, '{}');
  expect((await called(['import', file, '--data', data])).errors).toHaveLength(1);
  writeFileSync(file, lines.join('\n'));
  expect((await called(['import', file, '--data', data])).printed.slice(1)).toEqual([
    expect.stringContaining('was not empty: a new store was made there beside 1 other file.'),
  ]);
});
