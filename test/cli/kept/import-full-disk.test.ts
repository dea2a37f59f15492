import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { called, exportOf } from '../called.ts';
import { ran, temporaryFolder } from '../holdfast-process.ts';
import { withRuntime } from './kept-folder.ts';

test('a disk that is full is told in our words, and nothing was taken in (skipped where this user may not mount one)', async ({
  skip,
}) => {
  const data = temporaryFolder();
  await withRuntime(data, async (runtime) => {
    for (let n = 0; n < 60; n += 1) await runtime.create({ data: 'x'.repeat(200_000) });
  });
  const file = join(data, 'in');
  writeFileSync(file, `${(await exportOf(data, join(data, 'out'))).join('\n')}\n`);
  const small = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'holdfast-test', small]);
  if (mounted.status !== 0) skip('mount is not allowed');
  onTestFinished(() => void spawnSync('umount', [small]));
  // In a process of its own, which lets go of the disk at once.
  const run = await ran(['import', file, '--data', small]);
  expect(run).toMatchObject({
    code: 1,
    printed: [],
    errors: ['The store failed: the disk is full. Nothing was taken in.'],
  });
});

test('a folder that cannot be made is told as that, and not as the file', async () => {
  const data = temporaryFolder();
  const file = join(data, 'in');
  writeFileSync(file, '');
  const run = await called(['import', file, '--data', join(file, 'folder')]);
  expect(run).toMatchObject({
    code: 1,
    errors: [
      `The folder ${join(file, 'folder')} cannot be made: ${file} is a file. Give the path of a folder.`,
    ],
  });
});
