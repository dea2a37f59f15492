import { SESSION_STATES } from '../../machines/index.ts';
import type { StoreKind } from './disks.ts';
import { SQLITE_FAULTS } from './sqlite-faults.ts';

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
      `${pairs.length} of ${PAIRS.length} pairs of state and event (the runtime asks for the state before it sends most of them):`,
      ...pairs.map((pair) => `  ${pair} ${this.of(pair)}`),
      'steps and faults:',
      ...others.map(([what, count]) => `  ${what} ${count}`),
    ];
  }

  /** What must be met over these stores and was not. */
  missing(stores: readonly StoreKind[]): string[] {
    const points = stores.includes('sqlite') ? SQLITE_FAULTS : [];
    return [...MUST_BE_MET, ...points].filter((what) => this.of(what) === 0);
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

/**
 * The pairs that the runtime makes. In the others the chart would ignore the event, and the runtime, which asks for the
 * state first, never sends it; the tests of the chart send all 54.
 */
const SENT: readonly string[] = [
  'initializing session.ready',
  'initializing session.failed',
  'initializing session.terminate',
  'active session.quiet',
  'active session.pause',
  'active session.terminate',
  'active session.due',
  'idle session.activity',
  'idle session.pause',
  'idle session.terminate',
  'idle session.due',
  'paused session.resume',
  'paused session.terminate',
  'paused session.due',
  'terminating session.cleaned',
];

/** Steps of residency, of recovery, and of what surrounds them. */
const STEPS: readonly string[] = [
  'session.hibernated',
  'hibernation cancelled',
  'woken from hibernation',
  'woken from crash',
  'wake joined by another',
  'wake refused for want of room',
  'wake refused by a drain',
  'wake ended by a deadline',
  'ended without a wake',
  'ended by the sweep',
  'woken for a delay',
  'creation finished after a crash',
  'end finished after a crash',
  'operation found interrupted',
  'operation done again',
  'drain that puts away',
  'drain that leaves something',
  'put away to make room',
  'a woken session compared',
  'gap: stall',
  'gap: wall-ahead',
  'gap: wall-behind',
  'gap: downtime',
  'session.rotated',
  'session.behaviour-failed',
  'session.restarted',
  'session.recovered',
  'rest checked',
];

/** Where something is made to fail. */
const FAULTS: readonly string[] = [
  'store: fail',
  'store: lose-request',
  'store: lose-answer',
  'store: stall',
  'store: hold-answer',
  'disk full',
  'crash: now',
  'crash: turns',
  'crash: call',
  'crash: answer',
  'crash: time',
  'a write survived a crash unacknowledged',
  'a write was lost in a crash',
];

/** What a run over enough seeds has to meet over any store, or it says less than it seems to. */
export const MUST_BE_MET: readonly string[] = [...SENT, ...STEPS, ...FAULTS];
