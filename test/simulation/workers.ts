import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type PlantedFault, plant } from '../../src/planted.ts';
import { Coverage } from './coverage.ts';
import { runSeed } from './run.ts';
import type { Broken } from './world.ts';

/** Seeds that one worker runs before it reports. */
const CHUNK = 10;
/** Lines of the trace that come with a violation. */
const TAIL = 40;

/** What is told of one seed. */
export interface Verdict {
  readonly seed: number;
  readonly broken: Broken | null;
  /** The last lines of its trace; empty where nothing is broken. */
  readonly tail: readonly string[];
  readonly actions: number;
}

/** What one worker reports. */
interface Report {
  readonly verdicts: readonly Verdict[];
  readonly coverage: readonly (readonly [string, number])[];
}

/** How seeds are run. */
export interface Plan {
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
  readonly fault: PlantedFault | null;
  /** Told of each seed, in the order in which they are done. `false`: no more of them. */
  readonly onVerdict: (verdict: Verdict) => boolean;
  readonly signal: AbortSignal;
}

/** As many as there are cores. */
export const DEFAULT_JOBS = availableParallelism();

/** Runs seeds side by side, each worker with a copy of the code of its own. Resolves with what they met together. */
export const runSeeds = async (plan: Plan): Promise<Coverage> => {
  const { from, seeds, jobs, fault, onVerdict, signal } = plan;
  const coverage = new Coverage();
  let next = from;
  let goesOn = true;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { simulate: fault } });
      const over = (): void => {
        signal.removeEventListener('abort', over);
        void worker.terminate().then(() => resolve());
      };
      const give = (): void => {
        const count = Math.min(CHUNK, from + seeds - next);
        if (!goesOn || signal.aborted || count <= 0) {
          over();
          return;
        }
        worker.postMessage({ from: next, count });
        next += count;
      };
      signal.addEventListener('abort', over);
      worker.on('error', reject);
      worker.on('message', ({ verdicts, coverage: met }: Report) => {
        coverage.add(met);
        for (const verdict of verdicts) if (!onVerdict(verdict)) goesOn = false;
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: jobs }, work));
  return coverage;
};

const serve = (): void => {
  plant((workerData as { simulate: PlantedFault | null }).simulate);
  parentPort?.on('message', async ({ from, count }: { from: number; count: number }) => {
    const coverage = new Coverage();
    const verdicts: Verdict[] = [];
    for (let seed = from; seed < from + count; seed += 1) {
      const { broken, trace, actions } = await runSeed(seed, coverage);
      verdicts.push({ seed, broken, tail: broken === null ? [] : trace.slice(-TAIL), actions });
    }
    const report: Report = { verdicts, coverage: [...coverage.counts] };
    parentPort?.postMessage(report);
  });
};

if (!isMainThread && typeof workerData === 'object' && 'simulate' in workerData) serve();
