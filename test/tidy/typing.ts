import {
  type Finding,
  findingAt,
  lineAt,
  nameOf,
  nodeIn,
  type Rule,
  type SourceFile,
  type SyntaxNode,
  visitsOf,
} from './syntax.ts';

const isProduct = (path: string): boolean => /^(src|machines)\//.test(path);

/** `any` turns the checker off for everything it touches. */
export const noAny: Rule = (file) => {
  if (!isProduct(file.path)) return [];
  return visitsOf(file)
    .filter(({ node }) => node.type === 'TSAnyKeyword')
    .map(({ node }) => findingAt(file, node, 'any', 'unknown, a generic, or the type itself'));
};

/** An error of the compiler is mended; if it is wrong, it is expected aloud. */
export const noSilencedCompiler: Rule = (file) => {
  if (!isProduct(file.path)) return [];
  return file.text.split('\n').flatMap((text, index) => {
    const silenced = /(?:\/\/|\/\*)\s*@ts-(ignore|nocheck|expect-error)\b(.*)/.exec(text);
    if (silenced === null) return [];
    if (silenced[1] === 'expect-error' && hasReason(silenced[2] ?? '')) return [];
    const instead = 'mend the type, or `@ts-expect-error` followed by the reason';
    return [{ path: file.path, line: index + 1, found: `@ts-${silenced[1]}`, instead }];
  });
};

/** `x as unknown as T` claims something nobody checks, so it says why it is true. */
export const castsThroughUnknownSayWhy: Rule = (file) => {
  if (!isProduct(file.path)) return [];
  const instead = 'write the reason beside it or on the line above, or find a type that holds';
  return visitsOf(file)
    .filter(({ node }) => node.type === 'TSAsExpression' && goesThroughUnknown(node))
    .filter(({ node }) => !hasCommentNear(file, node))
    .map(({ node }) => findingAt(file, node, 'as unknown as', instead));
};

function goesThroughUnknown(node: SyntaxNode): boolean {
  const inner = nodeIn(node, 'expression');
  if (inner?.type !== 'TSAsExpression') return false;
  return nodeIn(inner, 'typeAnnotation')?.type === 'TSUnknownKeyword';
}

function hasCommentNear(file: SourceFile, node: SyntaxNode): boolean {
  const lines = file.text.split('\n');
  const first = lineAt(file.text, node.start);
  const last = lineAt(file.text, node.end);
  return lines
    .slice(Math.max(0, first - 2), last)
    .some((line) => hasReason(line.match(/(?:\/\/|\/\*|^\s*\*)(.*)/)?.[1] ?? ''));
}

/** At least two words. */
const hasReason = (text: string): boolean => /[A-Za-z]{2,}.*\s[A-Za-z]{2,}/.test(text);

const RUNNERS = ['test', 'it', 'describe', 'suite', 'bench'];
const SKIPS = ['skip', 'skipIf', 'runIf', 'todo', 'fails'];

/** A test that does not run says why, on its line. A test that stops all others from running is never kept. */
export const skippedTestsSayWhy: Rule = (file) => {
  if (!/^(test|bench)\//.test(file.path)) return [];
  const lines = file.text.split('\n');
  return visitsOf(file).flatMap(({ node }): Finding[] => {
    if (node.type !== 'MemberExpression') return [];
    const object = nodeIn(node, 'object');
    const runner = nameOf(object) ?? nameOf(object === null ? null : nodeIn(object, 'object'));
    const verb = nameOf(nodeIn(node, 'property'));
    if (runner === null || verb === null || !RUNNERS.includes(runner)) return [];
    if (verb === 'only') return [findingAt(file, node, `${runner}.only`, 'run one file instead')];
    const line = lines[lineAt(file.text, node.start) - 1] ?? '';
    if (!SKIPS.includes(verb) || hasReason(line.match(/\/\/(.*)/)?.[1] ?? '')) return [];
    const instead = 'run it, delete it, or write why it cannot run in a comment on this line';
    return [findingAt(file, node, `${runner}.${verb}`, instead)];
  });
};
