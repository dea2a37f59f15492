import {
  type Finding,
  findingAt,
  lineCount,
  nameOf,
  nodeIn,
  nodesIn,
  type Rule,
  type SourceFile,
  type SyntaxNode,
  statementsOf,
  visitsOf,
} from './syntax.ts';

const FILE_LINES = 300;
const FUNCTION_LINES = 70;

/** Files stay short enough to be read in one go. Charts are drawn, not split. */
export const shortFiles: Rule = (file) => {
  const lines = lineCount(file.text);
  if (lines <= FILE_LINES || file.path.startsWith('machines/')) return [];
  const instead = `at most ${FILE_LINES} lines: give the second concept a file of its own`;
  return [{ path: file.path, line: FILE_LINES + 1, found: `${lines} lines`, instead }];
};

/** Functions of the product fit on a screen, signature included. Biome shows the same limit in an editor. */
export const shortFunctions: Rule = (file) => {
  if (!file.path.startsWith('src/')) return [];
  return visitsOf(file).flatMap(({ node, parent }) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) {
      return [];
    }
    const lines = lineCount(file.text.slice(node.start, node.end));
    if (lines <= FUNCTION_LINES) return [];
    const name = nameOf(nodeIn(node, 'id')) ?? ownName(parent) ?? 'a function';
    const instead = `at most ${FUNCTION_LINES} lines: name its parts`;
    return [findingAt(file, node, `${name} has ${lines} lines`, instead)];
  });
};

const ownName = (parent: SyntaxNode | null): string | null =>
  parent === null ? null : (nameOf(nodeIn(parent, 'key')) ?? nameOf(nodeIn(parent, 'id')));

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Files and folders are kebab-case; what follows the first dot is a kind (`.test.ts`). */
export const kebabCasePaths: Rule = (file) => {
  const words = file.path.split('/').flatMap((part) => part.replace(/^\./, '').split('.'));
  if (words.every((word) => KEBAB.test(word))) return [];
  return [{ path: file.path, line: 1, found: 'a path', instead: 'kebab-case: deadline-wheel.ts' }];
};

const VAGUE = /^(utils?|helpers?|common|misc|core|managers?)$/i;
const SAY = 'say what it is for; a name that fits everything tells nothing';

/** No file and no folder has a name that fits everything. */
export const tellingPaths: Rule = (file) => {
  const vague = file.path.split(/[/.-]/).find((word) => VAGUE.test(word));
  return vague === undefined ? [] : [{ path: file.path, line: 1, found: vague, instead: SAY }];
};

const DECLARES =
  /^(FunctionDeclaration|ClassDeclaration|TSInterfaceDeclaration|TSTypeAliasDeclaration|VariableDeclarator)$/;

/** No declaration is called `SessionManager` or `timeUtils`. */
export const tellingNames: Rule = (file) => {
  if (!/^(src|machines)\//.test(file.path)) return [];
  return visitsOf(file).flatMap(({ node }) => {
    const name = DECLARES.test(node.type) ? nameOf(nodeIn(node, 'id')) : null;
    const last = name?.match(/[A-Za-z][a-z]*$/)?.[0] ?? '';
    return name !== null && VAGUE.test(last) ? [findingAt(file, node, name, SAY)] : [];
  });
};

/** What an export statement declares itself, by name; nothing for a re-export. */
function declaredBy(statement: SyntaxNode): string[] {
  const declaration = nodeIn(statement, 'declaration');
  if (declaration === null) return [];
  const name = nameOf(nodeIn(declaration, 'id'));
  if (name !== null) return [name];
  return nodesIn(declaration, 'declarations').map((one) => nameOf(nodeIn(one, 'id')) ?? 'a value');
}

/** Everything exported says what it is for. Of a row of overloads the first one does. */
export const exportsAreDocumented: Rule = (file) => {
  if (!/^(src|machines)\//.test(file.path)) return [];
  const documented = new Set<string>();
  const findings: Finding[] = [];
  for (const statement of statementsOf(file)) {
    if (!/^Export(Named|Default)Declaration$/.test(statement.type)) continue;
    const hasDoc = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.test(file.text.slice(0, statement.start));
    for (const name of declaredBy(statement)) {
      if (hasDoc) documented.add(name);
      if (documented.has(name)) continue;
      const instead = 'a doc comment: what it is for; unit, default, minimum; the trap';
      findings.push(findingAt(file, statement, `${name} without a doc comment`, instead));
    }
  }
  return findings;
};

/** The middle length of the product's files, in lines. */
export function medianLength(files: readonly SourceFile[]): number {
  const lengths = files.map((file) => lineCount(file.text)).sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}
