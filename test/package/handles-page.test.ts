import { afterAll, beforeAll, expect, test } from 'vitest';
import { unknownHandle } from '../../src/mcp/handles/words.ts';
import { codeBlocks, readPage } from './code-blocks.ts';
import { ReadmeProject } from './readme-project.ts';

// What docs/handles.md prints is compiled as it is printed, against the built package.

const BLOCKS = codeBlocks(readPage('docs/handles.md'));
const PROGRAMS = BLOCKS.filter(({ language }) => language === 'ts');

const project = new ReadmeProject();
let said = '';

beforeAll(async () => {
  PROGRAMS.forEach(({ code }, index) => void project.write(`block-${index + 1}.ts`, code));
  said = await project.compile();
}, 60_000);

afterAll(() => project.remove());

test('every program compiles, strict, as it is printed', () => {
  expect(PROGRAMS).toHaveLength(2);
  expect(said).toBe('');
});

test('the unknown answer is the one that is printed', () => {
  const [printed] = BLOCKS.filter(({ language }) => language === 'text');
  const { content } = unknownHandle({ name: 'cart', openTool: 'cart_open' });
  expect(content).toEqual([{ type: 'text', text: printed?.code.trim() }]);
});
