import {
  createMemoryStore,
  type LifecycleEvent,
  type Runtime,
  type Session,
  type SessionLifecycleEvent,
} from '../../src/index.ts';
import { assembleRuntime } from '../../src/runtime/create-runtime.ts';
import { TrustedRuntime } from '../../src/runtime/trusted-runtime.ts';
import { type FaultyStore, faultyStore } from '../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import type { SeenSnapshot } from '../runtime/plane/ledger.ts';
import { applicationOf } from './application.ts';
import { ALWAYS, broken, CAPS, ON_EVENT, ON_MOVE } from './invariants.ts';
import { BOUNDS, DEADLINES, type Reason } from './numbers.ts';
import { isPromised } from './promised.ts';
import { type Beats, type Data, Slot, type Stream } from './slot.ts';
import { StoreWatch } from './store-watch.ts';

/** What a run is over. */
export interface Setup {
  readonly seed: number;
  /** A store that delays, reorders, fails one call in ten and loses answers; else one that answers at once. */
  readonly faulty: boolean;
  /** Whether the application has `cleanup` and hooks, and what they are like. */
  readonly hooks: 'none' | 'prompt' | 'throwing' | 'slow' | 'hanging';
  readonly initialize: 'none' | 'prompt' | 'slow';
  readonly onFull: 'refuse' | 'drop-oldest';
}

/** What became of a call. */
export type Outcome =
  | { is: 'pending' }
  | { is: 'resolved'; value: unknown }
  | { is: 'rejected'; error: unknown };

/** The code under test with everything a client, an operator and a store can see of it. */
export class World {
  readonly setup: Setup;
  readonly clock = createVirtualClock();
  readonly memory = createMemoryStore();
  readonly watch = new StoreWatch();
  readonly store: FaultyStore;
  readonly context: ReturnType<typeof assembleRuntime>;
  readonly runtime: Runtime<Data>;
  readonly slots: Slot[] = [];
  readonly streams = new Map<string, Stream>();
  /** Calls that were not answered yet, by what was being done. */
  readonly pending = new Map<Outcome, string>();
  calls = 0;
  /** How often each session was told of its end by `cleanup` and `onTerminated`, by the id it was born with. */
  readonly told = { cleanup: new Map<string, number>(), terminated: new Map<string, number>() };
  /** What was done, with the time it was done at: told where something breaks. */
  readonly log: string[] = [];
  readonly broken: string[] = [];
  /** The last moment at which the process was held up or a clock stepped, and how long that may take to be seen. */
  gapFrom = Number.NEGATIVE_INFINITY;
  gapSeen = Number.NEGATIVE_INFINITY;
  gapPending = false;
  stepPending = false;
  readonly unsubscribe: () => void;

  constructor(setup: Setup) {
    this.setup = setup;
    this.store = faultyStore(this.watch.over(this.memory), {
      clock: this.clock,
      random: seeded(setup.seed),
      ...(setup.faulty
        ? { delayMs: [0, 40] as const, failRate: 0.1, lostAnswerRate: 0.05, lostRequestRate: 0.02 }
        : {}),
    });
    this.context = assembleRuntime({
      clock: this.clock,
      store: this.store,
      deadlines: DEADLINES,
      ...settings(setup),
      ...applicationOf(this),
      inspect: (event) => {
        if (event.type === '@xstate.snapshot') this.#moved(event.snapshot as SeenSnapshot);
      },
    });
    this.runtime = new TrustedRuntime(this.context) as Runtime as Runtime<Data>;
    this.unsubscribe = this.runtime.subscribe((event) => this.#hear(event));
  }

  #moved(snapshot: SeenSnapshot): void {
    const { value, context } = snapshot as SeenSnapshot & { context?: { reason?: Reason | null } };
    if (context?.id === undefined) return; // The registry's own.
    const { id, reason = null } = context;
    const [mono, wall] = [this.clock.mono(), this.clock.wall()];
    const move = this.watch.moved(id, { to: value, reason, mono, wall });
    if (move === null) return;
    for (const rule of ON_MOVE) this.note(rule.sentence, rule.check(this, id, move));
  }

  #hear(event: LifecycleEvent): void {
    if (event.type === 'runtime.error') {
      const expected = /sweep|cleanup|on[A-Z]\w+ of |behaviour/.test(event.where);
      if (!expected) this.broken.push(`runtime.error: ${event.where}: ${String(event.error)}`);
    }
    if (!('seq' in event)) return;
    const stream = this.streamOf(event);
    for (const rule of ON_EVENT) this.note(rule.sentence, rule.check(this, stream, event));
    this.note(CAPS.sentence, CAPS.check(this));
    stream.events.push(event);
  }

  streamOf({ id }: Pick<SessionLifecycleEvent, 'id'>): Stream {
    const firstId = this.watch.firstId(id);
    const there = this.streams.get(firstId);
    if (there !== undefined) return there;
    const made = { firstId, events: [] };
    this.streams.set(firstId, made);
    return made;
  }

  note(sentence: string, details: readonly string[]): void {
    for (const detail of details) this.broken.push(`NOT TRUE: ${sentence}\n  ${detail}`);
  }

  /** A session that somebody was given: `initialize`, or who asked for it. */
  welcome(session: Session<Data>, seed: { key: string | null; beats: Beats } | null): Slot {
    const known = this.slots.find((slot) => slot.session.id === session.id);
    const slot = known ?? new Slot(this.slots.length, session, this.clock.mono());
    if (known === undefined) this.slots.push(slot);
    // However long it was being made: that was not the client's silence.
    if (seed !== null) slot.isMade(seed, this.clock.mono());
    return slot;
  }

  /** One of the sessions, mostly of those that have not ended; the last that ended are there to be asked too. */
  pick(who: number): Slot | undefined {
    const over = this.slots.filter(({ isOver }) => isOver).slice(-2);
    const choice = [...this.slots.filter(({ isOver }) => !isOver), ...over];
    return choice[who % Math.max(1, choice.length)];
  }

  /** Notes what becomes of a call. */
  call<T>(promise: Promise<T>, then?: (value: T) => void): Outcome {
    const outcome: Outcome = { is: 'pending' };
    this.calls += 1;
    this.pending.set(outcome, this.log.at(-1) ?? '');
    promise.then(
      (value) => {
        this.pending.delete(outcome);
        Object.assign(outcome, { is: 'resolved', value });
        then?.(value);
      },
      (error: unknown) => {
        this.pending.delete(outcome);
        Object.assign(outcome, { is: 'rejected', error });
        if (!isPromised(error)) this.broken.push(`a call was rejected with ${String(error)}`);
      },
    );
    return outcome;
  }

  say(what: string): void {
    this.log.push(`${String(this.clock.mono()).padStart(8)}  ${what}`);
  }

  /** Lets what was begun go as far as it gets, and holds it against what must be true at every moment. */
  async settle(): Promise<void> {
    await this.clock.settle();
    for (const rule of ALWAYS) this.note(rule.sentence, rule.check(this));
    this.verify();
  }

  verify(): void {
    if (this.broken.length > 0) throw new Error(broken(this));
  }
}

const settings = ({ onFull }: Setup) => {
  const { maxEntries, ...bounds } = BOUNDS;
  return {
    ...bounds,
    journal: { maxEntries, onFull },
    cleanupTimeoutMs: 900.5,
    hookTimeoutMs: 700.5,
  };
};

/** Numbers from 0 to less than 1, the same ones for the same seed. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};
