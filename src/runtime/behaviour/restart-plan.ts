import { LIMITS } from '../../limits.ts';
import type { Envelope } from '../../store/envelope/envelope.ts';
import type { RestartPolicy } from './behaviour.ts';

/** The restart options of a behaviour, checked. */
export interface RestartPlan {
  readonly policy: RestartPolicy;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxFailures: number;
  readonly healthyAfterMs: number;
}

/** A restart that is due. `waitMs` is before jitter. */
export interface Restart {
  readonly step: 'restart';
  readonly waitMs: number;
  readonly from: 'snapshot' | 'input';
}

/** What follows the end of an incarnation. */
export type NextStep = Restart | { readonly step: 'give-up' } | { readonly step: 'leave' };

type KeptFailures = Envelope['failures'];

const LEAVE: NextStep = { step: 'leave' };

/** Failures in a row of one behaviour, and what its plan makes of them. Pure numbers: it reads no clock. */
export class RestartCount {
  /** Consecutive incarnations that failed. */
  failures: number;
  /** Consecutive incarnations that were started from a snapshot and failed early. */
  #early: number;
  readonly #plan: RestartPlan;

  /** `kept`: what an earlier process counted. */
  constructor(plan: RestartPlan, kept: KeptFailures = { inARow: 0, early: 0 }) {
    this.#plan = plan;
    this.failures = kept.inARow;
    this.#early = kept.early;
  }

  /** The count, to go on from. */
  get kept(): KeptFailures {
    return { inARow: this.failures, early: this.#early };
  }

  /** An incarnation failed, so long after its start. */
  failed(livedMs: number, startedFrom: 'snapshot' | 'input'): NextStep {
    const { policy, maxFailures, healthyAfterMs } = this.#plan;
    if (policy === 'temporary') return LEAVE;
    if (livedMs >= healthyAfterMs) this.failures = 0;
    this.failures += 1;
    if (this.failures >= maxFailures) return { step: 'give-up' };
    const early = startedFrom === 'snapshot' && livedMs < LIMITS.earlyFailureMs;
    this.#early = early ? this.#early + 1 : 0;
    // The snapshot itself may be what it fails of.
    const from = this.#early >= 2 ? 'input' : 'snapshot';
    if (from === 'input') this.#early = 0;
    return { step: 'restart', waitMs: this.#waitMs(), from };
  }

  /** An incarnation reached its end: no failure, and there is nothing of it to go on from. */
  done(): NextStep {
    if (this.#plan.policy !== 'permanent') return LEAVE;
    this.failures = 0;
    this.#early = 0;
    return { step: 'restart', waitMs: this.#waitMs(), from: 'input' };
  }

  #waitMs(): number {
    const { backoffMs, maxBackoffMs } = this.#plan;
    return Math.min(maxBackoffMs, backoffMs * 2 ** Math.max(0, this.failures - 1));
  }
}
