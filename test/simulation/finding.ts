import { PLANTED_FAULTS, type PlantedFault, plant } from '../../src/planted.ts';
import { runSeed } from './run.ts';
import { runSeeds, type Verdict } from './workers.ts';

/** Where a planted fault was found. */
export interface Finding {
  readonly fault: PlantedFault;
  /** The seed that found it, and how many were tried; `null`: none did. */
  readonly seed: number | null;
  readonly tried: number;
  /** The name of what was not true; `null`: nothing. */
  readonly invariant: string | null;
}

/** Plants each fault in turn and looks for it. A seed finds it if it is without blame where nothing is planted. */
export const findFaults = async (
  plan: { from: number; seeds: number; jobs: number; signal: AbortSignal },
  onFinding: (finding: Finding) => void,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const fault of PLANTED_FAULTS) {
    if (plan.signal.aborted) break;
    const finding = await find(fault, plan);
    findings.push(finding);
    onFinding(finding);
  }
  return findings;
};

const find = async (
  fault: PlantedFault,
  plan: { from: number; seeds: number; jobs: number; signal: AbortSignal },
): Promise<Finding> => {
  let from = plan.from;
  const end = plan.from + plan.seeds;
  while (from < end && !plan.signal.aborted) {
    const suspects: Verdict[] = [];
    await runSeeds({
      ...plan,
      from,
      seeds: end - from,
      fault,
      onVerdict: (verdict) => {
        if (verdict.broken !== null) suspects.push(verdict);
        return suspects.length === 0;
      },
    });
    // Chunks are done side by side: the first seed counts.
    suspects.sort((a, b) => a.seed - b.seed);
    const suspect = suspects[0];
    if (suspect === undefined) break;
    if (await isBlameless(suspect.seed)) {
      const { seed, broken } = suspect;
      return { fault, seed, tried: seed - plan.from + 1, invariant: broken?.invariant ?? null };
    }
    from = suspect.seed + 1;
  }
  return { fault, seed: null, tried: plan.seeds, invariant: null };
};

const isBlameless = async (seed: number): Promise<boolean> => {
  plant(null);
  return (await runSeed(seed)).broken === null;
};
