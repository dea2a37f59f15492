import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeNewFile } from '../../../src/cli/kept/new-file.ts';
import { temporaryFolder } from '../holdfast-process.ts';
import { signalledProcess } from '../signalled-process.ts';

test('it has its name when it is whole, only its user may read it, and nothing is left beside it', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'out');
  const lines = function* () {
    yield 'one\n';
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^out\.[\w-]{22}\.part$/)]);
    yield 'two\n';
  };
  await writeNewFile(file, lines());
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['out']);
});

test('what has the name is not replaced: neither before the first line, nor where it comes meanwhile', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'out');
  const lines = function* () {
    writeFileSync(file, 'theirs');
    yield 'ours\n';
  };
  await expect(writeNewFile(file, lines())).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(file, 'utf8')).toBe('theirs');
  const never = function* (): Generator<string> {
    yield 'ours';
    expect.unreachable();
  };
  await expect(writeNewFile(file, never())).rejects.toMatchObject({ code: 'EEXIST' });
  // A link that leads nowhere is somebody's as well.
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  const linked = writeNewFile(join(folder, 'link'), never());
  await expect(linked).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readdirSync(folder).sort()).toEqual(['link', 'out']);
});

test('where a line cannot be made, nothing of it is left', async () => {
  const folder = temporaryFolder();
  const { process_ } = signalledProcess();
  const lines = function* () {
    yield 'one\n';
    throw new Error('no second line');
  };
  await expect(writeNewFile(join(folder, 'out'), lines(), process_)).rejects.toThrow('no second');
  expect(readdirSync(folder)).toEqual([]);
  expect(process_.eventNames()).toEqual([]);
});

test('a signal takes what was written with it', async () => {
  const folder = temporaryFolder();
  const { process_, ends } = signalledProcess();
  const lines = function* () {
    yield 'one\n';
    process_.emit('SIGTERM', 'SIGTERM');
    expect(readdirSync(folder)).toEqual([]);
    throw new Error('it has ended');
  };
  await expect(writeNewFile(join(folder, 'out'), lines(), process_)).rejects.toThrow('has ended');
  expect(ends).toEqual(['SIGTERM']);
});
