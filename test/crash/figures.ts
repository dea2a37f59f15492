import type { WorldOutcome } from './world.ts';

/** What many folders came to. */
export interface Figures {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly checked: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly did: Readonly<Record<string, number>>;
  readonly broken: readonly WorldOutcome[];
}

/** Adds up what folders came to. */
export const figuresOf = (outcomes: readonly WorldOutcome[]): Figures => {
  const sum = (one: (outcome: WorldOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + one(outcome), 0);
  return {
    rounds: sum(({ rounds }) => rounds),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    checked: sum(({ checked }) => checked),
    phases: added(outcomes.map(({ phases }) => phases)),
    did: added(outcomes.map(({ did }) => did)),
    broken: outcomes.filter(({ broken }) => broken !== null),
  };
};

const added = (counts: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const total: Record<string, number> = {};
  for (const count of counts) {
    for (const [name, times] of Object.entries(count)) total[name] = (total[name] ?? 0) + times;
  }
  return total;
};

/** What is said of a folder whose promises were broken: the promise, the seed, and how to see it again. */
export const said = ({ seed, broken, brokenIn, rounds, trace, kept }: WorldOutcome): string =>
  broken === null
    ? 'every promise was kept'
    : [
        `BROKEN (${broken.promise}): ${broken.detail}`,
        `seed ${seed}, process ${brokenIn} of its folder, kept in ${kept}`,
        `again with: npm run crash -- --seed ${seed} --rounds ${rounds + 5}`,
        ...trace.slice(-25).map((line) => `  | ${line.slice(0, 240)}`),
      ].join('\n');
