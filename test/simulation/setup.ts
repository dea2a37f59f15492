import type { Chance } from './chance.ts';

/** How long a callback of the application that is slow takes, ms; one that hangs never comes back. */
export const SLOW_MS = 300.25;

/** What the runtimes of one world are told, and what the world is like: chosen by the seed, the same for a whole run. */
export interface Setup {
  /** A store that only takes its time; or one that also fails and loses answers. */
  readonly store: 'calm' | 'faulty';
  /** The longest the store takes to answer, ms. */
  readonly latencyMs: number;
  /** The longest a sync of the disk takes, ms; part of that. */
  readonly syncMs: number;
  readonly cleanup: 'none' | 'prompt' | 'slow' | 'throwing' | 'hanging';
  readonly hooks: 'none' | 'prompt' | 'throwing' | 'slow';
  readonly initialize: boolean;
  readonly onFull: 'refuse' | 'drop-oldest';
  readonly hibernateAfterMs: number;
  /** Whether the wall clock is ever set; where it is not, what is promised on it is held to the tick. */
  readonly steps: boolean;
  readonly crashes: boolean;
  /** How many actions phase one has. */
  readonly actions: number;
  /** How much more, or less, often each group of actions comes than by default: so that seeds differ in kind. */
  readonly emphasis: Readonly<Record<Group, number>>;
}

/** Kinds of actions, weighted together. */
export const GROUPS = [
  'make',
  'signs',
  'work',
  'data',
  'behaviour',
  'pauses',
  'ends',
  'reads',
  'time',
  'quiet',
  'gaps',
  'store',
  'process',
  'races',
  'people',
] as const;

export type Group = (typeof GROUPS)[number];

export const setupOf = (chance: Chance): Setup => ({
  store: chance.flip(0.45) ? 'calm' : 'faulty',
  ...chance.one([
    { latencyMs: 0, syncMs: 0 },
    { latencyMs: 8, syncMs: 8 },
    { latencyMs: 60, syncMs: 20 },
    { latencyMs: 160, syncMs: 40 },
  ]),
  cleanup: chance.one(['none', 'prompt', 'prompt', 'slow', 'throwing', 'hanging']),
  hooks: chance.one(['none', 'none', 'prompt', 'throwing', 'slow']),
  initialize: chance.flip(0.4),
  onFull: chance.one(['refuse', 'drop-oldest']),
  hibernateAfterMs: chance.one([0, 700, 700, 2_500]),
  steps: chance.flip(0.35),
  crashes: chance.flip(0.8),
  actions: 200 + chance.below(40),
  emphasis: emphasisOf(chance),
});

const emphasisOf = (chance: Chance): Record<Group, number> => {
  const emphasis = Object.fromEntries(
    GROUPS.map((group) => [
      group,
      chance.weighted([
        [2, 0.25],
        [6, 1],
        [2, 3],
      ]),
    ]),
  ) as Record<Group, number>; // One number for each group, as the list says.
  return { ...emphasis, make: Math.max(1, emphasis.make), time: Math.max(1, emphasis.time) };
};
