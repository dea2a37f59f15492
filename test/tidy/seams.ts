import { importsOf } from './imports.ts';
import {
  findingAt,
  nameOf,
  nodeIn,
  nodesIn,
  type Rule,
  type SourceFile,
  type Visit,
  visitsOf,
} from './syntax.ts';

/** What may be named in one place only. */
interface Seam {
  /** Whether this folder or file may name it. */
  readonly home: (path: string) => boolean;
  /** Free names, wherever they stand: `setTimeout`, `globalThis.setTimeout`, an import of it. */
  readonly names: readonly string[];
  /** Members of a global: `Date.now`. */
  readonly members: readonly string[];
  /** Packages and modules. */
  readonly modules: readonly string[];
  readonly instead: string;
}

const TIME: Seam = {
  home: (path) => path.startsWith('src/time/'),
  names: [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'hrtime',
    // RxJS's own schedulers hold the process open and read the wall clock.
    'asyncScheduler',
    'asapScheduler',
    'animationFrameScheduler',
  ],
  members: ['Date.now', 'performance.now', 'AbortSignal.timeout'],
  modules: ['node:timers', 'timers', 'node:timers/promises', 'timers/promises'],
  instead: "use the runtime's Clock (src/time/clock.ts): mono(), wall(), scheduler",
};

const RANDOMNESS: Seam = {
  home: (path) => path.startsWith('src/identity/'),
  names: ['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'randomFillSync'].concat(
    'getRandomValues',
  ),
  members: ['Math.random'],
  modules: ['uuid', 'nanoid'],
  instead: 'use src/identity/: the only place ids, tokens and jitter come from',
};

const isProduct = (path: string): boolean => /^(src|machines)\//.test(path);

/** A name that is only the key of a property or a method says nothing about the global of that name. */
function isKey({ parent, field }: Visit): boolean {
  if (parent === null || field !== 'key' || parent['computed'] === true) return false;
  return /Property|Method|Signature/.test(parent.type);
}

function memberOf({ node }: Visit): string | null {
  if (node.type !== 'MemberExpression') return null;
  const object = nodeIn(node, 'object');
  const owner = nameOf(object) ?? nameOf(object === null ? null : nodeIn(object, 'property'));
  const member = nameOf(nodeIn(node, 'property'));
  return owner === null || member === null ? null : `${owner}.${member}`;
}

function through(seam: Seam): Rule {
  return (file) => {
    if (!isProduct(file.path) || seam.home(file.path)) return [];
    const named = visitsOf(file).flatMap((visit) => {
      const name = visit.node.type === 'Identifier' ? nameOf(visit.node) : null;
      const free = name !== null && seam.names.includes(name) && !isKey(visit) ? name : null;
      const member = memberOf(visit);
      const hit = free ?? (member !== null && seam.members.includes(member) ? member : null);
      return hit === null ? [] : [findingAt(file, visit.node, hit, seam.instead)];
    });
    const imported = importsOf(file)
      .filter(({ specifier }) => seam.modules.includes(specifier))
      .map(({ node, specifier }) => findingAt(file, node, `'${specifier}'`, seam.instead));
    return [...named, ...imported];
  };
}

/** Only `src/time/` knows timers and clocks. */
export const timeHasOneDoor: Rule = (file) => [...through(TIME)(file), ...presentDates(file)];

/** `new Date()` and `Date()` read the clock; `new Date(ms)` only formats. */
function presentDates(file: SourceFile): ReturnType<Rule> {
  if (!isProduct(file.path) || TIME.home(file.path)) return [];
  return visitsOf(file)
    .filter(({ node }) => /^(New|Call)Expression$/.test(node.type))
    .filter(({ node }) => nameOf(nodeIn(node, 'callee')) === 'Date')
    .filter(({ node }) => node.type === 'CallExpression' || nodesIn(node, 'arguments').length === 0)
    .map(({ node }) => findingAt(file, node, 'the present as a Date', TIME.instead));
}

/** Only `src/identity/` draws random numbers. */
export const randomnessHasOneDoor: Rule = through(RANDOMNESS);

/** Only the command line talks to the terminal. */
export const onlyTheCliPrints: Rule = (file) => {
  if (!isProduct(file.path) || file.path.startsWith('src/cli/')) return [];
  return visitsOf(file)
    .filter(({ node }) => node.type === 'MemberExpression')
    .filter(({ node }) => nameOf(nodeIn(node, 'object')) === 'console')
    .map(({ node }) => findingAt(file, node, 'console', 'tell it as an event, or take a logger'));
};
