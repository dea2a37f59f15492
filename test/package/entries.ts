import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** One way into the package, as `exports` in package.json gives it. */
export interface Entry {
  /** What users import: `holdfast/mcp`. */
  readonly specifier: string;
  /** Its compiled module and its declarations, from the root of the checkout. */
  readonly module: string;
  readonly types: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { optional?: boolean }>>;
}

/** What package.json says. */
export const MANIFEST: Manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The ways into the package that hold code, in the order of package.json. */
export const ENTRIES: readonly Entry[] = Object.entries(MANIFEST.exports).flatMap(([key, value]) =>
  typeof value === 'string'
    ? []
    : [{ specifier: MANIFEST.name + key.slice(1), module: value.default, types: value.types }],
);

/** Peers nobody has to install, and the ones everybody has. */
export const OPTIONAL_PEERS = Object.keys(MANIFEST.peerDependencies).filter(
  (name) => MANIFEST.peerDependenciesMeta[name]?.optional === true,
);
export const REQUIRED = [
  ...Object.keys(MANIFEST.dependencies),
  ...Object.keys(MANIFEST.peerDependencies).filter((name) => !OPTIONAL_PEERS.includes(name)),
];

/** Entries that may need the optional peers: a front-end is allowed to. */
export const NEEDS_OPTIONAL_PEERS = ['holdfast/mcp'];
