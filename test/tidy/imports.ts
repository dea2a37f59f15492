import { posix } from 'node:path';
import {
  type Finding,
  findingAt,
  nodeIn,
  nodesIn,
  type Rule,
  type SourceFile,
  type SyntaxNode,
  stringOf,
  visitsOf,
} from './syntax.ts';

/** One import, re-export, dynamic import or `import('…')` type of a file. */
export interface Import {
  readonly node: SyntaxNode;
  /** As it is written. */
  readonly specifier: string;
  /** The file it means, from the root of the repository; null for a package. */
  readonly target: string | null;
  /** It is gone after compilation. */
  readonly typeOnly: boolean;
}

/** Everything a file imports. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  for (const { node } of visitsOf(file)) {
    const specifier = stringOf(nodeIn(node, 'source'));
    if (specifier === null) continue;
    const target = specifier.startsWith('.')
      ? posix.join(posix.dirname(file.path), specifier)
      : null;
    found.push({ node, specifier, target, typeOnly: isTypeOnly(node) });
  }
  return found;
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType') return true;
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const names = nodesIn(node, 'specifiers');
  return (
    names.length > 0 &&
    names.every((name) => name['importKind'] === 'type' || name['exportKind'] === 'type')
  );
}

/**
 * The layers, lowest first (DESIGN section 8). A file imports from its own entry, and from the levels below.
 * Entries on one level may lean on one another one way, never both ways.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['machines'],
  ['src/errors.ts', 'src/errors', 'src/limits.ts', 'src/planted.ts', 'src/identity', 'src/time'],
  ['src/xstate'],
  ['src/store'],
  // The exception: what the runtime tells is named beside those who listen. Types only, so it runs nothing.
  ['src/observe/events.ts'],
  ['src/runtime'],
  ['src/observe'],
  ['src/http', 'src/mcp'],
  ['src/cli', 'src/testing', 'src/index.ts'],
];

/** Files that hold nothing but types: the price of standing lower than their folder. */
const TYPES_ONLY = ['src/observe/events.ts'];

const isIn = (path: string, entry: string): boolean =>
  path === entry || path.startsWith(`${entry}/`);

/** The entry of the table a file belongs to and its level, or null when the table does not know it. */
export function layerOf(path: string): { entry: string; level: number } | null {
  let best: { entry: string; level: number } | null = null;
  LAYERS.forEach((entries, level) => {
    for (const entry of entries) {
      if (isIn(path, entry) && entry.length > (best?.entry.length ?? 0)) best = { entry, level };
    }
  });
  return best;
}

const isProduct = (path: string): boolean => isIn(path, 'src') || isIn(path, 'machines');

/** Imports go down the layers only. */
export const importsGoDown: Rule = (file) => {
  if (!isProduct(file.path)) return [];
  const own = layerOf(file.path);
  if (own === null) {
    const instead =
      'put it in a folder of LAYERS (test/tidy/imports.ts), or give its folder a level';
    return [{ path: file.path, line: 1, found: 'a file of no layer', instead }];
  }
  return importsOf(file).flatMap(({ node, specifier, target }) => {
    if (target === null) {
      if (specifier !== 'holdfast' && !specifier.startsWith('holdfast/')) return [];
      return [findingAt(file, node, `import of '${specifier}'`, 'import the file itself')];
    }
    const theirs = layerOf(target);
    if (theirs !== null && theirs.level <= own.level) return [];
    const level = theirs === null ? 'no layer' : `level ${theirs.level}`;
    const found = `${own.entry} (level ${own.level}) imports ${target} (${level})`;
    return [findingAt(file, node, found, 'move it down, or hand it in from above as an option')];
  });
};

/** Entries on one level that import one another in both directions. */
export function twoWayImports(files: readonly SourceFile[]): Finding[] {
  const seen = new Map<string, Finding>();
  const found: Finding[] = [];
  for (const file of files) {
    const own = layerOf(file.path);
    for (const { node, target } of own === null ? [] : importsOf(file)) {
      const theirs = target === null ? null : layerOf(target);
      if (own === null || theirs === null) continue;
      if (theirs.level !== own.level || theirs.entry === own.entry) continue;
      const instead = `${theirs.entry} imports ${own.entry} too: choose one direction`;
      const finding = findingAt(file, node, `${own.entry} imports ${theirs.entry}`, instead);
      if (seen.has(`${theirs.entry} ${own.entry}`)) found.push(finding);
      seen.set(`${own.entry} ${theirs.entry}`, finding);
    }
  }
  return found;
}

/** A file that stands lower than its folder holds types only, or it would pull its folder down with it. */
export const typesOnlyFiles: Rule = (file) => {
  if (!TYPES_ONLY.includes(file.path)) return [];
  const instead = 'keep this file to types: it is imported from below its folder';
  return visitsOf(file)
    .filter(({ parent }) => parent?.type === 'Program')
    .filter(({ node }) => !isTypeStatement(node))
    .map(({ node }) => findingAt(file, node, `${node.type} with a value`, instead));
};

function isTypeStatement(node: SyntaxNode): boolean {
  if (node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration') return true;
  if (node.type === 'ImportDeclaration') return isTypeOnly(node);
  return node.type === 'ExportNamedDeclaration' && node['exportKind'] === 'type';
}

/** XState values come from two folders, so that its next major version is the work of two folders. */
export const xstateInItsPlace: Rule = (file) => {
  if (!isIn(file.path, 'src') || isIn(file.path, 'src/xstate')) return [];
  const instead = 'use `import type`, or what src/xstate/ offers';
  return importsOf(file)
    .filter(({ specifier, typeOnly }) => /^xstate($|\/)/.test(specifier) && !typeOnly)
    .map(({ node, specifier }) => findingAt(file, node, `a value of '${specifier}'`, instead));
};

/** The charts import `xstate` and one another, nothing else. */
export const chartsArePure: Rule = (file) => {
  if (!isIn(file.path, 'machines')) return [];
  const instead = 'let the fact arrive in the event or the input; charts import only xstate';
  return importsOf(file)
    .filter(({ specifier, target }) =>
      target === null ? !/^xstate($|\/)/.test(specifier) : !isIn(target, 'machines'),
    )
    .map(({ node, specifier }) => findingAt(file, node, `import of '${specifier}'`, instead));
};
