import fc from 'fast-check';
import { expect } from 'vitest';
import { SESSION_STATES, type SessionState } from '../../../machines/index.ts';
import {
  CapacityError,
  createMemoryStore,
  createRuntime,
  type LifecycleEvent,
  OperationAbortedError,
  type Runtime,
  type Session,
  type SessionLifecycleEvent,
  SessionPausedError,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { Ledger, type SeenSnapshot } from './ledger.ts';

const MAX_RESIDENT = 4;
const DEADLINES = {
  idleAfterMs: 10_000,
  idleTimeoutMs: 30_000,
  heartbeatIntervalMs: 5_000,
  pausedTimeoutMs: 60_000,
  maxLifetimeMs: 200_000,
};

const EDGES: Record<SessionState, readonly SessionState[]> = {
  initializing: ['active', 'terminating'],
  active: ['idle', 'paused', 'terminating'],
  idle: ['active', 'paused', 'terminating'],
  paused: ['active', 'terminating'],
  terminating: ['terminated'],
  terminated: [],
};

const VERBS = ['touch', 'beat', 'pause', 'resume', 'terminate', 'start', 'finish'] as const;
type Verb = (typeof VERBS)[number];

export type Step =
  | { do: 'create'; beats: 'first' | 'required' | 'off' }
  | { do: 'act'; verb: Verb; who: number }
  | { do: 'advance' | 'stall'; ms: number }
  | { do: 'store'; fault: 'fail' | 'lose-answer' | undefined }
  | { do: 'list' }
  /** From now on the next so many events of a session that is known make a listener of it call these verbs. */
  | { do: 'react'; verbs: readonly Verb[]; to: number };

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      beats: fc.constantFrom('first' as const, 'required' as const, 'off' as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('act' as const),
      verb: fc.constantFrom(...VERBS),
      who: fc.nat(5),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(0, 20, 300, 4_000, 12_000, 35_000, 70_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stall' as const),
      ms: fc.constantFrom(500, 9_000, 40_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      fault: fc.constantFrom('fail' as const, 'lose-answer' as const, undefined),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('list' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('react' as const),
      // An end leaves nothing to call: it is one verb of many, or most reactions would be the last.
      verbs: fc.array(fc.constantFrom(...VERBS, 'pause', 'resume', 'pause', 'resume'), {
        minLength: 1,
        maxLength: 4,
      }),
      to: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

/** One session as its client knows it. */
class Watched {
  readonly events: SessionLifecycleEvent[] = [];
  readonly running: (() => void)[] = [];
  readonly session: Session;
  constructor(session: Session) {
    this.session = session;
  }
}

export class World {
  readonly clock = createVirtualClock();
  readonly memory = createMemoryStore();
  readonly ledger = new Ledger();
  readonly store;
  readonly runtime: Runtime;
  readonly events = new Map<string, SessionLifecycleEvent[]>();
  readonly known: Watched[] = [];
  readonly calls: Promise<unknown>[] = [];
  readonly unexpected: unknown[] = [];
  readonly #reactions: (readonly Verb[])[] = [];
  /** Verbs that listeners called. */
  reacted = 0;

  constructor(seed: number) {
    let state = seed >>> 0;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    this.store = faultyStore(this.ledger.watch(this.memory), {
      clock: this.clock,
      random,
      delayMs: [0, 40],
      failRate: 0.1,
      lostAnswerRate: 0.05,
    });
    this.runtime = createRuntime({
      clock: this.clock,
      store: this.store,
      deadlines: DEADLINES,
      maxResident: MAX_RESIDENT,
      tombstoneMs: 1_000_000,
      inspect: (event) => {
        if (event.type !== '@xstate.snapshot') return;
        const { value, context } = event.snapshot as SeenSnapshot;
        if (context?.id === undefined) return; // The registry's own.
        if (this.ledger.moves.get(context.id)?.at(-1)?.to === value) return;
        this.ledger.moved(context.id, value);
      },
    });
    this.runtime.subscribe((event) => this.hear(event));
  }

  hear(event: LifecycleEvent): void {
    // What an expectation in here throws comes back as the report of a listener that threw.
    if (event.type === 'runtime.error' && event.where !== 'sweep')
      this.unexpected.push(event.error);
    if (!('seq' in event)) return;
    const before = this.events.get(event.id) ?? [];
    this.events.set(event.id, [...before, event]);
    expect(event.seq).toBe(before.length + 1);
    expect(before.some(({ type }) => type === 'session.ended')).toBe(false);
    this.checkChange(event, before);
    this.react(event);
  }

  checkChange(event: SessionLifecycleEvent, before: readonly SessionLifecycleEvent[]): void {
    if (event.type !== 'session.state-changed') return;
    const chain = before.filter((e) => e.type === 'session.state-changed');
    expect(event.from).toBe(chain.at(-1)?.to ?? 'initializing');
    expect(EDGES[event.from]).toContain(event.to);
    this.shownAfterCommit(event.id, event.to, chain.length);
  }

  /** Shown only after its commit: the n-th state shown is the n-th move of the actor, and the store has it. */
  shownAfterCommit(id: string, to: SessionState, index: number): void {
    if (to === 'idle' || to === 'terminated') return; // Needs none; is told with `terminating`.
    const moves = (this.ledger.moves.get(id) ?? []).filter((move) => move.to !== 'initializing');
    const move = moves[index];
    expect(move?.to).toBe(to);
    const previous = index === 0 ? null : moves[index - 1]?.to;
    if (to === 'active' && previous === 'idle') return;
    if (to === 'active' && index === 0) {
      expect(this.ledger.commits.get(id)?.length ?? 0).toBeGreaterThan(0);
      return;
    }
    expect(this.ledger.covers(id, move?.at ?? Number.POSITIVE_INFINITY)).toBe(true);
  }

  /** In the middle of what is told: a listener calls the session it hears of. */
  react({ id }: SessionLifecycleEvent): void {
    const watched = this.known.find(({ session }) => session.id === id);
    if (watched === undefined) return;
    for (const verb of this.#reactions.shift() ?? []) {
      this.reacted += 1;
      this.act(watched, verb);
    }
  }

  /** A call whose refusals are all ones a user was promised. */
  call<T>(promise: Promise<T>, then?: (value: T) => void): void {
    this.calls.push(
      promise.then(then).catch((error: unknown) => {
        const allowed =
          error instanceof StoreError ||
          error instanceof SessionTerminatedError ||
          error instanceof SessionPausedError ||
          error instanceof OperationAbortedError ||
          error instanceof CapacityError;
        if (!allowed) this.unexpected.push(error);
      }),
    );
  }

  async take(step: Step): Promise<void> {
    expect(this.runtime.stats().resident).toBeLessThanOrEqual(MAX_RESIDENT);
    if (step.do === 'create') {
      this.call(this.runtime.create({ principal: 'p', beats: step.beats }), (session) => {
        expect(this.ledger.commits.get(session.id)?.length ?? 0).toBeGreaterThan(0);
        this.known.push(new Watched(session));
      });
    } else if (step.do === 'advance') await this.clock.advance(step.ms);
    else if (step.do === 'stall') this.clock.stall(step.ms);
    else if (step.do === 'store') this.store.break(step.fault);
    else if (step.do === 'list') this.call(this.runtime.list());
    else if (step.do === 'react') {
      for (let event = 0; event < step.to; event += 1) this.#reactions.push(step.verbs);
    } else if (step.do === 'act') {
      const watched = this.known[step.who % Math.max(1, this.known.length)];
      if (watched !== undefined) this.act(watched, step.verb);
    }
    await this.clock.settle();
  }

  act(watched: Watched, verb: Verb): void {
    const { session, running } = watched;
    const durable = (wanted: (state: SessionState) => boolean): void => {
      const states = (this.ledger.commits.get(session.id) ?? []).map(({ state }) => state);
      expect(states.some((state) => state !== undefined && wanted(state))).toBe(true);
    };
    if (verb === 'touch') this.call(session.touch());
    else if (verb === 'beat') this.call((async () => session.beat())());
    else if (verb === 'pause') this.call(session.pause());
    else if (verb === 'resume') this.call(session.resume());
    else if (verb === 'finish') running.shift()?.();
    else if (verb === 'terminate') {
      this.call(session.terminate(), (reason) => {
        durable((state) => state === 'terminated');
        expect(session.info().reason).toBe(reason);
      });
    } else {
      const work = session.run('work', () => new Promise<void>((done) => running.push(done)));
      this.call(work);
    }
  }

  /** What may rightly still be under way: work that waits in a paused session, and an end that has just begun. */
  async letGo(): Promise<void> {
    for (const { session } of this.known) {
      for (const { id, state } of session.operations()) if (state === 'queued') session.abort(id);
    }
    const ends = (session: Session) => session.actor.getSnapshot().value === 'terminating';
    for (let tries = 0; tries < 10; tries += 1) {
      if (this.known.some(({ session }) => ends(session))) await this.clock.advance(50);
    }
  }

  /** The store heals; nobody works any more; a while later everything must agree and be at rest. */
  async rest(): Promise<void> {
    this.store.heal();
    this.#reactions.length = 0;
    for (const { running } of this.known) for (const done of running) done();
    await this.clock.advance(31_000);
    await this.letGo();
    await Promise.all(this.calls);
    expect(this.unexpected).toEqual([]);
    for (const { session } of this.known) {
      const record = await this.memory.load(session.id);
      const shown = session.state;
      expect(SESSION_STATES).toContain(shown);
      if (shown === 'terminated') expect(record?.state).toBe('terminated');
      else {
        expect(session.actor.getSnapshot().value).toBe(shown);
        expect(record?.state === 'paused').toBe(shown === 'paused');
      }
      const ends = (this.events.get(session.id) ?? []).filter((e) => e.type === 'session.ended');
      expect(ends.length).toBe(shown === 'terminated' ? 1 : 0);
      if (shown === 'terminated') expect(record?.session.reason).toBe(session.info().reason);
    }
    const report = await Promise.all([this.runtime.drain(), this.clock.advance(20_000)]);
    expect(report[0].left).toEqual([]);
    expect(this.runtime.stats().resident).toBe(0);
    expect(this.clock.pending).toBe(0);
  }
}
