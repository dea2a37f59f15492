import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StoreOpenError } from '../../../src/errors.ts';
import { makeFolder } from '../../../src/store/sqlite/make-folder.ts';
import { storeProcess } from './store-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const newFolder = (): string => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  return folder;
};

const problemOf = (path: string): string => {
  try {
    makeFolder(path);
  } catch (error) {
    expect(error).toBeInstanceOf(StoreOpenError);
    expect(error).toMatchObject({ reason: 'not-writable', retryable: false });
    return (error as StoreOpenError).message;
  }
  throw new Error('It was made.');
};

test('it makes what is missing, for its user alone, and tells what it made, the outermost first', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'there'), 0o755);
  const paths = ['there/some', 'there/some/where'].map((path) => join(folder, path));
  expect(makeFolder(join(folder, 'there', 'some', 'where'))).toEqual(paths);
  for (const path of paths) expect((statSync(path).mode & 0o777).toString(8)).toBe('700');
  expect((statSync(join(folder, 'there')).mode & 0o777).toString(8)).toBe('755');
  expect(makeFolder(join(folder, 'there', 'some', 'where'))).toEqual([]);
  // A link to a folder is one.
  symlinkSync(join(folder, 'there'), join(folder, 'link'));
  expect(makeFolder(join(folder, 'link'))).toEqual([]);
});

test('where a file is in the way it is named, and nobody is told to look for rights', () => {
  const folder = newFolder();
  const file = join(folder, 'package.json');
  writeFileSync(file, '{}');
  expect(problemOf(file)).toBe(
    `The folder ${file} cannot be made: ${file} is a file. Give the path of a folder.`,
  );
  expect(problemOf(join(file, 'some', 'store'))).toContain(`cannot be made: ${file} is a file.`);
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  expect(problemOf(join(folder, 'link'))).toMatch(/cannot be made: EEXIST.*make, read and write/);
  expect(existsSync(join(folder, 'nowhere'))).toBe(false);
});

test('where the system makes none it is told, and not tried for ever (skipped without /proc)', async ({
  skip,
}) => {
  if (!existsSync('/proc/self')) skip('there is no /proc');
  // In a process of its own: what goes on for ever can be ended there.
  const child = storeProcess(
    `await openSqliteStore({ folder }).catch((error) => console.log(error.message));`,
    '/proc/holdfast/store',
  );
  const problem = await child.nextLine();
  expect(problem).toContain('The folder /proc/holdfast/store cannot be made: ENOENT');
  expect(problem).toContain('Give a folder that this user may make, read and write.');
});
