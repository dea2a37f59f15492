import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder } from '../../src/cli/data-folder.ts';

test('the flag, else the variable, else the default; always the whole path', () => {
  const env = { HOLDFAST_DATA: ' there ' };
  expect(dataFolder('here', env)).toEqual({ path: resolve('here') });
  expect(dataFolder(null, env)).toEqual({ path: resolve('there') });
  expect(dataFolder(null, { HOLDFAST_DATA: '' })).toEqual({ path: resolve('.holdfast') });
  expect(dataFolder(null, {})).toEqual({ path: resolve('.holdfast') });
});

test('what is no folder is told by the name it came under', () => {
  const mistakes = [
    dataFolder(':memory:', {}),
    dataFolder(null, { HOLDFAST_DATA: ':memory:' }),
    dataFolder('', {}),
    dataFolder(':memroy:', {}),
  ].map((read) => ('mistake' in read ? read.mistake : null));
  expect(mistakes).toEqual([
    '--data is :memory:: nothing is kept there, so there is nothing here.',
    'HOLDFAST_DATA is :memory:: nothing is kept there, so there is nothing here.',
    '--data is "", but must be the path of a folder.',
    '--data is ":memroy:", but must be the path of a folder.',
  ]);
});
