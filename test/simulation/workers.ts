import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type PlantedFault, plant } from '../../src/planted.ts';
import { Coverage } from './coverage.ts';
import type { StoreKind } from './disks.ts';
import { type Outcome, runSeed } from './run.ts';
import type { Broken } from './world.ts';

/** No seed takes so long, ms of real time: one that does has got caught in a loop. */
const PATIENCE_MS = 30_000;
/** Lines of the trace that come with a violation. */
const TAIL = 40;

/** What is told of one seed. */
export interface Verdict extends Outcome {
  /** The last lines of its trace, where something is broken or the plan asks for the trace. */
  readonly trace: readonly string[];
}

/** One world. */
interface Item {
  readonly seed: number;
  readonly store: StoreKind;
}

/** What a worker is asked for. */
interface Request extends Item {
  readonly traced: boolean;
}

/** What a worker reports of one seed. */
interface Report {
  readonly verdict: Verdict;
  readonly coverage: readonly (readonly [string, number])[];
}

/** How seeds are run. */
export interface Plan {
  readonly from: number;
  readonly seeds: number;
  /** Each seed is run over each of them, in this order. */
  readonly stores: readonly StoreKind[];
  readonly jobs: number;
  readonly fault: PlantedFault | null;
  /** Whether the whole trace of each is told; default: the end of those that broke something. */
  readonly traced?: boolean;
  /** Told of each seed, in the order in which they are done. `false`: no more of them. */
  readonly onVerdict: (verdict: Verdict) => boolean;
  /** Ends the workers where they are: what they have not reported is not told. */
  readonly signal: AbortSignal;
}

/** As many as there are cores. */
export const DEFAULT_JOBS = availableParallelism();

/**
 * Runs seeds side by side, each worker with a copy of the code of its own. Resolves with what they met together.
 *
 * A loop of microtasks starves the timers and signals of its own thread, so it can only be ended from another one: that
 * is why a single seed is run by a worker, too.
 */
export const runSeeds = async (plan: Plan): Promise<Coverage> => {
  const coverage = new Coverage();
  const queue = new Queue(plan);
  const work = async (): Promise<void> => {
    // A worker that got caught in a loop, or broke, is ended, and another one goes on with the seeds after it.
    while (await oneWorker(plan, queue, coverage));
  };
  const worlds = plan.seeds * plan.stores.length;
  await Promise.all(Array.from({ length: Math.min(plan.jobs, worlds) }, work));
  return coverage;
};

/** What became of one seed over one store; `null`: it was interrupted. */
export const runAlone = async (
  seed: number,
  store: StoreKind,
  plan: Pick<Plan, 'fault' | 'traced' | 'signal'>,
): Promise<Verdict | null> => {
  let told: Verdict | null = null;
  const onVerdict = (verdict: Verdict): boolean => {
    told = verdict;
    return false;
  };
  await runSeeds({ ...plan, from: seed, seeds: 1, stores: [store], jobs: 1, onVerdict });
  return told;
};

/** The worlds that nobody has begun yet. They are given out one by one: whatever becomes of a worker, no other is lost. */
class Queue {
  readonly #from: number;
  readonly #stores: readonly StoreKind[];
  readonly #signal: AbortSignal;
  #given = 0;
  #end: number;

  constructor({ from, seeds, stores, signal }: Plan) {
    this.#from = from;
    this.#stores = stores;
    this.#signal = signal;
    this.#end = seeds * stores.length;
  }

  take(): Item | null {
    const store = this.#stores[this.#given % this.#stores.length];
    if (store === undefined || this.#given >= this.#end || this.#signal.aborted) return null;
    const seed = this.#from + Math.floor(this.#given / this.#stores.length);
    this.#given += 1;
    return { seed, store };
  }

  stop(): void {
    this.#end = 0;
  }
}

/** Has seeds run by one worker until there are no more. Resolves with whether another one is needed. */
const oneWorker = (plan: Plan, queue: Queue, coverage: Coverage): Promise<boolean> =>
  new Promise((resolve) => {
    let item = queue.take();
    if (item === null) {
      resolve(false);
      return;
    }
    const { fault, signal, traced = false } = plan;
    const worker = new Worker(new URL(import.meta.url), { workerData: { simulate: fault } });
    let patience: NodeJS.Timeout | undefined;
    const over = (again: boolean): void => {
      clearTimeout(patience);
      signal.removeEventListener('abort', stop);
      void worker.terminate().then(() => resolve(again));
    };
    const stop = (): void => over(false);
    const hear = (verdict: Verdict): void => {
      if (!plan.onVerdict(verdict)) queue.stop();
    };
    const fell = (invariant: string, sentence: string, detail: string): void => {
      if (item !== null) hear(withoutTrace(item, { invariant, sentence, detail }));
      item = null;
      over(true);
    };
    const ask = (next: Item): void => {
      patience = setTimeout(() => {
        const detail = `It has not ended after ${PATIENCE_MS} ms of real time.`;
        fell('comes-to-an-end', 'No seed is caught in a loop.', detail);
      }, PATIENCE_MS);
      worker.postMessage({ ...next, traced } satisfies Request);
    };
    signal.addEventListener('abort', stop);
    worker.on('error', (error) => {
      fell('no-surprises', 'Nothing throws that nobody expects.', error.stack ?? error.message);
    });
    worker.on('message', (report: Report) => {
      // What a worker had sent when it was ended is not told any more.
      if (item === null || signal.aborted) return;
      clearTimeout(patience);
      coverage.add(report.coverage);
      hear(report.verdict);
      item = queue.take();
      if (item === null) over(false);
      else ask(item);
    });
    ask(item);
  });

const withoutTrace = (item: Item, broken: Broken): Verdict => ({
  ...item,
  broken,
  violated: [broken.invariant],
  trace: [],
  digest: '',
  actions: 0,
});

const serve = (): void => {
  plant((workerData as { simulate: PlantedFault | null }).simulate);
  parentPort?.on('message', async ({ seed, store, traced }: Request) => {
    const coverage = new Coverage();
    const outcome = await runSeed(seed, store, coverage);
    const tail = outcome.broken === null ? [] : outcome.trace.slice(-TAIL);
    const verdict = { ...outcome, trace: traced ? outcome.trace : tail };
    parentPort?.postMessage({ verdict, coverage: [...coverage.counts] } satisfies Report);
  });
};

if (!isMainThread && typeof workerData === 'object' && 'simulate' in workerData) serve();
