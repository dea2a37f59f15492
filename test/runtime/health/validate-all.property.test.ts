import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createMemoryStore,
  type LifecycleEvent,
  type OperationHandler,
  type RuntimeOptions,
  type Session,
} from '../../../src/index.ts';
import { assembleRuntime } from '../../../src/runtime/create-runtime.ts';
import { TrustedRuntime } from '../../../src/runtime/trusted-runtime.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';

/*
 * Sessions that are worked with at random, over a store that delays, reorders, fails and loses answers, on a clock that
 * stalls and steps. The books are right after every step, and even when a listener asks in the middle of one. What
 * durable operations leave in the journal tells the truth.
 */

const step = fc.record({
  do: fc.constantFrom(
    ...([
      'create',
      'touch',
      'beat',
      'pause',
      'pause-abort',
      'append',
      'update',
      'rotate',
      'keyed',
      'resume',
      'terminate',
      'list',
    ] as const),
    ...([
      'run',
      'run',
      'durable',
      'durable',
      'durable',
      'finish',
      'finish',
      'abort',
      'attach',
      'reap',
    ] as const),
    ...(['wait', 'wait', 'wait', 'stall', 'step', 'break', 'heal', 'heal'] as const),
  ),
  who: fc.nat(4),
  ms: fc.constantFrom(0, 10, 50, 50, 300, 300, 4_000, 12_000, 70_000),
});

const OPTIONS: RuntimeOptions = {
  deadlines: {
    idleAfterMs: 10_000,
    idleTimeoutMs: 30_000,
    heartbeatIntervalMs: 5_000,
    pausedTimeoutMs: 60_000,
    maxLifetimeMs: 200_000,
  },
  maxResident: 4,
  maxConcurrentOperations: 2,
  maxQueuedOperations: 3,
  tombstoneMs: 1_000_000,
};

class World {
  readonly clock = createVirtualClock();
  readonly memory = createMemoryStore();
  readonly store;
  readonly context;
  readonly runtime;
  readonly sessions: Session[] = [];
  readonly gates: (() => void)[] = [];
  readonly called = new Set<string>();
  readonly returned = new Set<string>();
  readonly told: LifecycleEvent[] = [];
  readonly problems: unknown[] = [];

  constructor(seed: number) {
    let state = seed >>> 0;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const { clock } = this;
    this.store = faultyStore(this.memory, {
      clock,
      random,
      delayMs: [0, 40],
      failRate: 0.1,
      lostRequestRate: 0.03,
      lostAnswerRate: 0.05,
    });
    const durable: OperationHandler = async (_, { operation }) => {
      expect(this.called.has(operation)).toBe(false);
      this.called.add(operation);
      await this.gate();
      return operation;
    };
    const operations = { durable };
    this.context = assembleRuntime({ ...OPTIONS, clock, store: this.store, operations });
    this.runtime = new TrustedRuntime(this.context);
    this.runtime.subscribe((event) => {
      this.told.push(event);
      // What the runtime tells of itself it may tell in the middle of a commit.
      if ('seq' in event) this.problems.push(...this.runtime.validateAll());
    });
  }

  /** Two sessions to work with from the first step on. */
  async begin(): Promise<void> {
    for (const principal of ['p0', 'p1']) {
      const made = this.runtime.create({ principal });
      made.then((session) => this.sessions.push(session)).catch(() => undefined);
    }
    await this.clock.advance(200);
  }

  gate(): Promise<void> {
    return new Promise((open) => this.gates.push(open));
  }

  async take({
    do: what,
    who,
    ms,
  }: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
    const { clock, runtime, sessions } = this;
    const session = sessions[who % Math.max(1, sessions.length)];
    const dropped = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
    if (what === 'wait') await clock.advance(ms);
    else if (what === 'stall') clock.stall(ms);
    else if (what === 'step') clock.stepWall(ms - 12_000);
    else if (what === 'break') this.store.break('fail');
    else if (what === 'heal') this.store.break();
    else if (what === 'list') dropped(runtime.list());
    else if (what === 'reap') dropped(runtime.reap());
    else if (what === 'create') {
      const made = runtime.create({
        principal: `p${who % 2}`,
        beats: who > 2 ? 'required' : 'first',
      });
      dropped(made.then((one) => sessions.push(one)));
    } else if (what === 'keyed') {
      const made = runtime.getOrCreate({ principal: 'p0', key: `k${who}` });
      dropped(made.then((one) => sessions.push(one)));
    } else if (what === 'finish') this.gates.splice(who % Math.max(1, this.gates.length), 1)[0]?.();
    else if (session === undefined) return;
    else if (what === 'touch') dropped(session.touch());
    else if (what === 'beat') dropped((async () => session.beat())());
    else if (what === 'attach') dropped((async () => session.attach())());
    else if (what === 'pause') dropped(session.pause());
    else if (what === 'append') dropped(session.append({ role: 'user', content: 'x' }));
    else if (what === 'update') dropped(session.update(() => ({ ms })));
    else if (what === 'rotate') dropped(session.rotateId());
    else if (what === 'pause-abort') dropped(session.pause({ abort: true }));
    else if (what === 'resume') dropped(session.resume());
    else if (what === 'terminate') dropped(session.terminate());
    else if (what === 'abort') session.abort(session.operations()[who]?.id ?? '');
    else if (what === 'run') dropped(session.run('work', () => this.gate(), { timeoutMs: 20_000 }));
    else {
      const result = session.run<string>('durable', ms, { durable: true, timeoutMs: 50_000 });
      dropped(result.then((operation) => this.returned.add(operation)));
    }
    await clock.settle();
  }

  /** The journals, once the store has healed and everything is over: each call of a handler, and its outcome once. */
  async checkJournals(): Promise<number> {
    let entries = 0;
    const outcomes = new Map<string, string>();
    const started = new Set<string>();
    for (const id of new Set(this.sessions.map((session) => session.id))) {
      for (const { data } of await this.memory.readJournal(id, { after: 0, limit: 1_000 })) {
        const { kind, phase, operation, outcome } = data as Record<string, string>;
        if (kind !== 'operation') continue;
        entries += 1;
        expect(operation === undefined).toBe(false);
        if (operation === undefined) continue;
        if (phase === 'started') expect(started.has(operation)).toBe(false);
        if (phase === 'started') started.add(operation);
        else expect(outcomes.has(operation)).toBe(false);
        if (phase === 'finished') outcomes.set(operation, outcome ?? '');
      }
    }
    for (const operation of this.called) expect(started.has(operation)).toBe(true);
    for (const operation of started) expect(outcomes.has(operation)).toBe(true);
    for (const operation of this.returned) expect(outcomes.get(operation)).toBe('done');
    return entries;
  }
}

test('the books are right at every moment, and the journal tells what durable operations did', async () => {
  let entries = 0;
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(step, { minLength: 20, maxLength: 80 }),
      async (seed, steps) => {
        const world = new World(seed);
        await world.begin();
        for (const one of steps) {
          await world.take(one);
          expect(world.runtime.validateAll()).toEqual([]);
        }
        world.store.heal();
        for (const open of world.gates) open();
        await world.clock.advance(400_000);
        expect(world.runtime.validateAll()).toEqual([]);
        expect(world.problems).toEqual([]);
        entries += await world.checkJournals();
        const starts = world.told.filter(({ type }) => type === 'session.operation-started').length;
        const ends = world.told.filter(({ type }) => type === 'session.operation-finished').length;
        expect(starts).toBe(ends);
        ended += Object.values(world.runtime.stats().ended).reduce((sum, count) => sum + count, 0);
        const closed = world.runtime.close();
        await world.clock.advance(10_000);
        expect((await closed).left).toEqual([]);
        expect(world.clock.pending).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
  // The runs did what they are for.
  expect(entries).toBeGreaterThan(300);
  expect(ended).toBeGreaterThan(200);
}, 120_000);
