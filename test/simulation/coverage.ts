import { SESSION_STATES } from '../../machines/index.ts';

/** What runs have met: pairs of (state, event), steps of residency, points at which something was made to fail. */
export class Coverage {
  readonly counts = new Map<string, number>();

  pair(state: string, event: string): void {
    this.met(`${state} ${event}`);
  }

  met(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  add(other: Iterable<readonly [string, number]>): void {
    for (const [what, count] of other) this.counts.set(what, (this.counts.get(what) ?? 0) + count);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** What was met, for a reader. */
  report(): string[] {
    const pairs = PAIRS.filter((pair) => this.of(pair) > 0);
    const others = [...this.counts].filter(([what]) => !PAIRS.includes(what));
    others.sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      `${pairs.length} of ${PAIRS.length} pairs of state and event:`,
      ...pairs.map((pair) => `  ${pair} ${this.of(pair)}`),
      'steps and faults:',
      ...others.map(([what, count]) => `  ${what} ${count}`),
    ];
  }

  /** What must be met and was not. */
  get missing(): string[] {
    return MUST_BE_MET.filter((what) => this.of(what) === 0);
  }
}

const EVENTS = [
  'session.ready',
  'session.failed',
  'session.activity',
  'session.quiet',
  'session.pause',
  'session.resume',
  'session.terminate',
  'session.due',
  'session.cleaned',
] as const;

/** Every (state, event) pair of the session's chart. */
export const PAIRS: readonly string[] = SESSION_STATES.flatMap((state) =>
  EVENTS.map((event) => `${state} ${event}`),
);

/** What a run over enough seeds has to meet, or it says less than it seems to. */
export const MUST_BE_MET: readonly string[] = [];
