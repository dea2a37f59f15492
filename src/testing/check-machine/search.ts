import type { FastCheck } from '../load-fast-check.ts';
import { missedEvents, missedStates } from './coverage.ts';
import { type Draw, drawsFor } from './draws.ts';
import { MachineCheckError } from './failure.ts';
import { FoundProblem } from './machine-problem.ts';
import type { CheckMachineOptions } from './options.ts';
import type { MachineStep } from './step.ts';
import type { Subject } from './subject.ts';
import { Trial } from './trial.ts';

/** While states have not been reached, or events not been taken, up to so many times the runs that were asked for. */
const MOST_BATCHES = 10;

/** The runs of one check, and the problem they are about once there is one. */
export class Search {
  runs = 0;
  steps = 0;
  /** How often a run was restored. */
  restored = 0;
  /** What still ran when a run was at its end, of all runs, in words. */
  readonly heldWork = new Set<string>();
  readonly #fc: FastCheck;
  readonly #subject: Subject;
  readonly #options: CheckMachineOptions;
  readonly #maxSteps: number;
  /** While a failure is made shorter, one of another kind is another story. */
  #found: { readonly problem: FoundProblem; readonly steps: readonly MachineStep[] } | null = null;

  constructor(fc: FastCheck, subject: Subject, options: CheckMachineOptions) {
    this.#fc = fc;
    this.#subject = subject;
    this.#options = options;
    this.#maxSteps = options.maxSteps ?? 50;
  }

  /** Makes the runs. Resolves with the seed of the first; rejects with what is found. */
  async run(): Promise<number> {
    const { seed, path } = this.#options;
    const first = await this.#batch({
      ...(seed === undefined ? {} : { seed }),
      ...(path === undefined ? {} : { path }),
    });
    if (path !== undefined) return first;
    for (let batch = 1; batch < MOST_BATCHES; batch += 1) {
      if (!this.#isWorthMore()) break;
      await this.#batch({ seed: (first + batch) | 0 });
    }
    return first;
  }

  #isWorthMore(): boolean {
    const { chart } = this.#subject;
    return (
      missedStates(this.#subject).length > 0 ||
      missedEvents(this.#subject).some((type) => chart?.knows(type))
    );
  }

  async #batch(from: { readonly seed?: number; readonly path?: string }): Promise<number> {
    const fc = this.#fc;
    const draws = drawsFor(fc, this.#options.events ?? {}, this.#maxSteps);
    const details = await fc.check(
      fc.asyncProperty(draws, (proposals) => this.#try(proposals)),
      { ...from, numRuns: this.#options.runs ?? 100 },
    );
    const { failed, seed, counterexamplePath, errorInstance } = details;
    if (!failed) return seed;
    if (this.#found === null) throw errorInstance;
    const { problem, steps } = this.#found;
    const origin = { seed, path: counterexamplePath ?? '' };
    throw new MachineCheckError(this.#subject, [problem], steps, origin);
  }

  /** One run. Rejects with the problem it came upon. */
  async #try(proposals: readonly Draw[]): Promise<void> {
    const trial = new Trial(this.#subject);
    this.runs += 1;
    try {
      await trial.begin();
      for (const proposal of proposals) {
        if (trial.isOver || trial.steps.length === this.#maxSteps) break;
        const step = trial.stepOf(proposal);
        if (step !== null) await trial.perform(step);
      }
      // Once is enough: who is at a dead end stays there.
      trial.assertLeadsOn();
      if (trial.heldWork !== null) this.heldWork.add(trial.heldWork);
    } catch (problem) {
      if (!(problem instanceof FoundProblem)) throw problem;
      if (this.#found !== null && this.#found.problem.kind !== problem.kind) return;
      this.#found = { problem, steps: trial.steps };
      throw problem;
    } finally {
      this.steps += trial.steps.length;
      this.restored += trial.restored;
      trial.end();
    }
  }
}
