import { afterAll, beforeAll, expect, test } from 'vitest';
import { unknownHandle } from '../../src/mcp/handles/words.ts';
import { codeBlocks, pages, readPage } from './code-blocks.ts';
import { ReadmeProject } from './readme-project.ts';

// What the pages print is compiled as it is printed, against the built package. The README's programs are run as well:
// see its own test.

const PROGRAMS = pages()
  .filter((page) => page !== 'README.md')
  .flatMap((page) => codeBlocks(readPage(page)).map((block) => ({ ...block, page })))
  .filter(({ language }) => /^[tj]s$/.test(language))
  .map((block, index) => ({ ...block, name: `block-${index + 1}.${block.language}` }));

const project = new ReadmeProject();
let said: readonly string[] = [];

beforeAll(async () => {
  for (const { name, code } of PROGRAMS) project.write(name, code);
  said = (await project.compile()).split('\n').filter((line) => line !== '');
}, 60_000);

afterAll(() => project.remove());

test('the pages with programs are read as they are written', () => {
  const count: Record<string, number> = {};
  for (const { page } of PROGRAMS) count[page] = (count[page] ?? 0) + 1;
  expect(count).toEqual({ 'docs/handles.md': 2, 'docs/mcp.md': 3 });
});

test.each(PROGRAMS)(
  '$page, $heading: the program compiles, strict, as it is printed',
  ({ name }) => {
    expect(said.filter((line) => line.startsWith(`${name}(`))).toEqual([]);
  },
);

test('nothing else is said of them', () => {
  expect(said).toEqual([]);
});

test('the unknown answer of a handle is the one that is printed', () => {
  const [printed] = codeBlocks(readPage('docs/handles.md')).filter(
    ({ language }) => language === 'text',
  );
  const { content } = unknownHandle({ name: 'cart', openTool: 'cart_open' });
  expect(content).toEqual([{ type: 'text', text: printed?.code.trim() }]);
});
