import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type PlantedFault, plant } from '../../src/planted.ts';
import { Coverage } from './coverage.ts';
import { runSeed } from './run.ts';
import type { Broken } from './world.ts';

/** Seeds that one worker runs before it reports. */
const CHUNK = 10;
/** No seed takes so long, ms of real time: one that does has got caught in a loop. */
const PATIENCE_MS = 30_000;
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

/** What one worker tells before a seed, so that one that never ends is known. */
interface Beginning {
  readonly begins: number;
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
  const coverage = new Coverage();
  const queue = new Queue(plan);
  const work = async (): Promise<void> => {
    // A worker that got caught in a loop is ended, and another one goes on.
    while (await oneWorker(plan, queue, coverage));
  };
  await Promise.all(Array.from({ length: plan.jobs }, work));
  return coverage;
};

/** The seeds that nobody has begun yet. */
class Queue {
  #next: number;
  #left: number;
  readonly #signal: AbortSignal;

  constructor({ from, seeds, signal }: Plan) {
    this.#next = from;
    this.#left = seeds;
    this.#signal = signal;
  }

  take(): { readonly from: number; readonly count: number } | null {
    const count = this.#signal.aborted ? 0 : Math.min(CHUNK, this.#left);
    if (count <= 0) return null;
    const from = this.#next;
    this.#next += count;
    this.#left -= count;
    return { from, count };
  }

  stop(): void {
    this.#left = 0;
  }
}

/** Has seeds run by one worker until there are no more. Resolves with whether another one is needed. */
const oneWorker = (plan: Plan, queue: Queue, coverage: Coverage): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const first = queue.take();
    if (first === null) {
      resolve(false);
      return;
    }
    const { fault, signal } = plan;
    const worker = new Worker(new URL(import.meta.url), { workerData: { simulate: fault } });
    let caught: NodeJS.Timeout | undefined;
    const over = (again: boolean): void => {
      clearTimeout(caught);
      signal.removeEventListener('abort', stop);
      void worker.terminate().then(() => resolve(again));
    };
    const stop = (): void => over(false);
    const hear = (verdict: Verdict): void => {
      if (!plan.onVerdict(verdict)) queue.stop();
    };
    signal.addEventListener('abort', stop);
    worker.on('error', reject);
    worker.on('message', (message: Beginning | Report) => {
      clearTimeout(caught);
      if ('begins' in message) {
        caught = setTimeout(() => {
          hear(caughtIn(message.begins));
          over(true);
        }, PATIENCE_MS);
        return;
      }
      coverage.add(message.coverage);
      for (const verdict of message.verdicts) hear(verdict);
      const next = queue.take();
      if (next === null) over(false);
      else worker.postMessage(next);
    });
    worker.postMessage(first);
  });

const caughtIn = (seed: number): Verdict => ({
  seed,
  broken: {
    invariant: 'comes-to-an-end',
    sentence: 'No seed is caught in a loop.',
    detail: `It has not ended after ${PATIENCE_MS} ms of real time.`,
  },
  tail: [],
  actions: 0,
});

const serve = (): void => {
  plant((workerData as { simulate: PlantedFault | null }).simulate);
  parentPort?.on('message', async ({ from, count }: { from: number; count: number }) => {
    const coverage = new Coverage();
    const verdicts: Verdict[] = [];
    for (let seed = from; seed < from + count; seed += 1) {
      parentPort?.postMessage({ begins: seed } satisfies Beginning);
      const { broken, trace, actions } = await runSeed(seed, coverage);
      verdicts.push({ seed, broken, tail: broken === null ? [] : trace.slice(-TAIL), actions });
    }
    const report: Report = { verdicts, coverage: [...coverage.counts] };
    parentPort?.postMessage(report);
  });
};

if (!isMainThread && typeof workerData === 'object' && 'simulate' in workerData) serve();
