import { BACKOFF_MS, EARLY_MS, HEALTHY_MS, JITTER, MAX_FAILURES } from './numbers.ts';

/** A session's behaviour as section 5 sees it: a sum, and how often it failed in a row. */
export class Child {
  status: 'running' | 'restarting' | 'stopped' = 'running';
  incarnation = 1;
  sum = 0;
  /** The sum of the last commit; `null`: none has carried it, and a restart is from the input. */
  recorded: number | null = null;
  failures = 0;
  /** Restarts from a snapshot in a row that failed early. */
  early = 0;
  startedFrom: 'snapshot' | 'input' = 'input';
  startedAt: number;
  /** When it is started again, mono. */
  restartAt = 0;

  constructor(mono: number) {
    this.startedAt = mono;
  }

  /** A commit carries what it is now. */
  commit(): void {
    if (this.status === 'running') this.recorded = this.sum;
  }

  /** It failed: the least and the most it waits for its restart, or `null`: it is given up. */
  fail(mono: number): readonly [number, number] | null {
    const livedMs = mono - this.startedAt;
    if (livedMs >= HEALTHY_MS) this.failures = 0;
    this.failures += 1;
    if (this.failures >= MAX_FAILURES) return null;
    const early = this.startedFrom === 'snapshot' && livedMs < EARLY_MS;
    this.early = early ? this.early + 1 : 0;
    this.status = 'restarting';
    const [first, most] = BACKOFF_MS;
    const waitMs = Math.min(most, first * 2 ** (this.failures - 1));
    return [waitMs * (1 - JITTER), waitMs];
  }

  /** A drain begins: what only waits to be started again is not started any more. */
  stopWaiting(): void {
    if (this.status === 'restarting') this.status = 'stopped';
  }

  /** It is started again: from the last commit, or from its input where that failed twice. */
  restart(mono: number): void {
    if (this.early >= 2) {
      this.recorded = null;
      this.early = 0;
    }
    this.startedFrom = this.recorded === null ? 'input' : 'snapshot';
    this.sum = this.recorded ?? 0;
    this.status = 'running';
    this.incarnation += 1;
    this.startedAt = mono;
    // How it starts anew is a change, and recorded.
    this.commit();
  }
}
