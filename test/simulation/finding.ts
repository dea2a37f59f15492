import { PLANTED_FAULTS, type PlantedFault } from '../../src/planted.ts';
import type { StoreKind } from './disks.ts';
import { FOUND_BY } from './seeds.ts';
import { runAlone, runSeeds, type Verdict } from './workers.ts';

/** Where a planted fault was found. */
export interface Finding {
  readonly fault: PlantedFault;
  /** The seed that found it, and how many were tried; `null`: none did. */
  readonly seed: number | null;
  /** Over which store; `null`: over none. */
  readonly store: StoreKind | null;
  readonly tried: number;
  /** The name of what was not true; `null`: nothing. */
  readonly invariant: string | null;
}

interface Search {
  readonly from: number;
  readonly seeds: number;
  readonly stores: readonly StoreKind[];
  readonly jobs: number;
  readonly signal: AbortSignal;
}

/**
 * Plants each fault in turn and looks for it. A seed finds it if it is without blame where nothing is planted. Nothing is
 * said of a fault whose search was interrupted.
 */
export const findFaults = async (
  plan: Search,
  onFinding: (finding: Finding) => void,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const fault of faultsOf(plan.stores)) {
    const finding = await find(fault, plan);
    if (finding === null) break;
    findings.push(finding);
    onFinding(finding);
  }
  return findings;
};

/** Those that are in what is run. */
export const faultsOf = (stores: readonly StoreKind[]): readonly PlantedFault[] =>
  PLANTED_FAULTS.filter((fault) => {
    const [, , store] = FOUND_BY[fault];
    return store === undefined || stores.includes(store);
  });

/** `null`: it was interrupted. */
const find = async (fault: PlantedFault, plan: Search): Promise<Finding | null> => {
  const { signal } = plan;
  let from = plan.from;
  const end = plan.from + plan.seeds;
  while (from < end) {
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
    // Seeds are done side by side: the first one counts.
    suspects.sort((a, b) => a.seed - b.seed);
    const suspect = suspects[0];
    if (suspect === undefined) break;
    const { seed, store, broken } = suspect;
    const unplanted = await runAlone(seed, store, { fault: null, signal });
    if (unplanted === null) break;
    if (unplanted.broken === null) {
      return {
        fault,
        seed,
        store,
        tried: seed - plan.from + 1,
        invariant: broken?.invariant ?? null,
      };
    }
    from = seed + 1;
  }
  return signal.aborted
    ? null
    : { fault, seed: null, store: null, tried: plan.seeds, invariant: null };
};
