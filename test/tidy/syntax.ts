import { parseAst } from 'vitest/node';

/** One file as the rules see it: where it is, from the root of the repository, and what it says. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Where a rule was broken, and what to do instead. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly found: string;
  readonly instead: string;
}

/** A rule: a pure function over one file. It answers with nothing for a file it does not apply to. */
export type Rule = (file: SourceFile) => Finding[];

/** A node of the syntax tree (ESTree with TypeScript's nodes), without a type for each kind. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A node together with the node it hangs on and the field it hangs in. */
export interface Visit {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode | null;
  readonly field: string;
}

/** True for a value that is a node of the tree. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The node in a field, or null. */
export function nodeIn(node: SyntaxNode, field: string): SyntaxNode | null {
  const value = node[field];
  return isNode(value) ? value : null;
}

/** The nodes in a field that holds a list. */
export function nodesIn(node: SyntaxNode, field: string): SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, or null for any other node. */
export function nameOf(node: SyntaxNode | null): string | null {
  return node !== null && typeof node['name'] === 'string' ? node['name'] : null;
}

/** The text of a string literal, or null for any other node. */
export function stringOf(node: SyntaxNode | null): string | null {
  return node !== null && typeof node['value'] === 'string' ? node['value'] : null;
}

/** The line an offset is on, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}

/** How many lines a text has; the line break at its end does not start another. */
export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

const trees = new Map<string, readonly Visit[]>();

/** Every node of a file, parents before children. Files are parsed once. */
export function visitsOf(file: SourceFile): readonly Visit[] {
  const known = trees.get(file.text);
  if (known !== undefined) return known;
  const program: unknown = parseAst(file.text, { lang: 'ts', sourceType: 'module' }, file.path);
  const visits: Visit[] = [];
  if (isNode(program)) collect(program, null, '', visits);
  trees.set(file.text, visits);
  return visits;
}

function collect(node: SyntaxNode, parent: SyntaxNode | null, field: string, into: Visit[]): void {
  into.push({ node, parent, field });
  for (const [name, value] of Object.entries(node)) {
    if (isNode(value)) collect(value, node, name, into);
    else if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) collect(item, node, name, into);
    }
  }
}

/** The statements of a file. */
export function statementsOf(file: SourceFile): SyntaxNode[] {
  const root = visitsOf(file)[0];
  return root === undefined ? [] : nodesIn(root.node, 'body');
}

/** Makes a finding out of a node. */
export function findingAt(
  file: SourceFile,
  node: SyntaxNode,
  found: string,
  instead: string,
): Finding {
  return { path: file.path, line: lineAt(file.text, node.start), found, instead };
}
