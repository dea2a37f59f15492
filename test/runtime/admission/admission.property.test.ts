import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CapacityError,
  createMemoryStore,
  type Session,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { seeded } from '../../contract/seeded.ts';
import { openRuntime } from '../fixture.ts';

/*
 * Admission over a store that is slow, reorders its answers, fails and loses answers. Whatever is asked in whatever
 * order: the caps and the quotas hold at every instant, the living have keys of their own, nobody anonymous is
 * evicted, and at rest nothing is kept of what is gone.
 */

const MAX_RESIDENT = 5;
const MAX_PER_PRINCIPAL = 3;
const PRINCIPALS = ['ada', 'bob', null] as const;

type Step =
  | { do: 'create' | 'terminateAll'; principal: (typeof PRINCIPALS)[number] }
  | { do: 'getOrCreate' | 'once'; principal: 'ada' | 'bob'; key: string }
  | { do: 'touch' | 'pause' | 'terminate' | 'rotate'; who: number }
  | { do: 'advance'; ms: number }
  | { do: 'store'; fault: 'fail' | 'lose-answer' | undefined };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('create' as const, 'create' as const, 'create' as const),
    principal: fc.constantFrom(...PRINCIPALS),
  }),
  fc.record({
    do: fc.constantFrom('getOrCreate' as const, 'once' as const),
    principal: fc.constantFrom('ada' as const, 'bob' as const),
    key: fc.constantFrom('k', 'l'),
  }),
  fc.record({
    do: fc.constantFrom(
      'touch' as const,
      'pause' as const,
      'terminate' as const,
      'rotate' as const,
    ),
    who: fc.nat(6),
  }),
  fc.record({
    do: fc.constant('advance' as const),
    ms: fc.constantFrom(0, 5, 20, 300, 10_300, 10_300, 10_300, 61_000),
  }),
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('terminateAll' as const),
      principal: fc.constant('ada' as const),
    }),
  },
  fc.record({
    do: fc.constant('store' as const),
    fault: fc.constantFrom(
      'fail' as const,
      'lose-answer' as const,
      undefined,
      undefined,
      undefined,
    ),
  }),
);

const tally = { created: 0, evicted: 0, refused: 0, rotated: 0, failures: 0, joined: 0 };

class World {
  readonly clock = createVirtualClock();
  readonly memory = createMemoryStore();
  readonly store;
  readonly opened;
  readonly known: Session[] = [];
  readonly calls: Promise<unknown>[] = [];
  readonly unexpected: unknown[] = [];

  constructor(seed: number) {
    const faults = { delayMs: [0, 40], failRate: 0.08, lostAnswerRate: 0.04 } as const;
    this.store = faultyStore(this.memory, { clock: this.clock, random: seeded(seed), ...faults });
    this.opened = openRuntime({
      clock: this.clock,
      store: this.store,
      maxResident: MAX_RESIDENT,
      maxPerPrincipal: MAX_PER_PRINCIPAL,
    });
    const { hosts } = this.opened.context;
    const set = hosts.set.bind(hosts);
    hosts.set = (id, host) => {
      set(id, host);
      this.inBounds();
      return hosts;
    };
    this.opened.runtime.subscribe((event) => {
      this.inBounds();
      if (event.type === 'session.rotated') tally.rotated += 1;
      if (event.type !== 'session.ended' || event.reason !== 'evicted') return;
      tally.evicted += 1;
      this.check(() => expect(event.principal).not.toBeNull());
    });
  }

  check(expectation: () => void): void {
    try {
      expectation();
    } catch (error) {
      this.unexpected.push(error);
    }
  }

  /** Looked at whenever a session comes, and whenever anything is told: in the middle of things. */
  inBounds(): void {
    this.check(() => {
      const { hosts, perPrincipal, reserved } = this.opened.context;
      expect(hosts.size + reserved.size).toBeLessThanOrEqual(MAX_RESIDENT);
      const living = new Set<string>();
      let promised = 0;
      for (const principal of ['ada', 'bob']) {
        promised += reserved.of(principal);
        const own = perPrincipal.get(principal)?.size ?? 0;
        expect(own + reserved.of(principal)).toBeLessThanOrEqual(MAX_PER_PRINCIPAL);
      }
      expect(promised).toBe(reserved.size);
      for (const host of hosts.values()) {
        if (host.key === null || host.reason !== null || host.record === null) continue;
        const name = `${host.principal} ${host.key}`;
        expect(living).not.toContain(name);
        living.add(name);
      }
    });
  }

  call<T>(promise: Promise<T>, then: (value: T) => void = () => undefined): void {
    const allowed = [StoreError, SessionTerminatedError, CapacityError];
    this.calls.push(
      promise.then(then).catch((error: unknown) => {
        if (!allowed.some((type) => error instanceof type)) this.unexpected.push(error);
      }),
    );
  }

  know = (session: Session): void => {
    if (this.known.some(({ id }) => id === session.id)) tally.joined += 1;
    else this.known.push(session);
  };

  async take(step: Step): Promise<void> {
    const { runtime } = this.opened;
    if ('who' in step) this.act(step.do, step.who);
    else if (step.do === 'advance') await this.clock.advance(step.ms);
    else if (step.do === 'store') this.store.break(step.fault);
    else if (step.do === 'create') {
      this.call(runtime.create({ principal: step.principal, beats: 'off' }), this.know);
    } else if (step.do === 'terminateAll') {
      this.call(runtime.terminateAll(step.principal ?? 'ada'));
    } else if (step.do === 'once') {
      const { principal, key } = step;
      this.call(runtime.create({ principal, idempotencyKey: key, beats: 'off' }), this.know);
    } else if (step.do === 'getOrCreate') {
      const { principal, key } = step;
      this.call(runtime.getOrCreate({ principal, key, beats: 'off' }), (session) => {
        this.check(() => expect(session.info()).toMatchObject({ principal, key }));
        this.know(session);
      });
    }
    await this.clock.settle();
    this.inBounds();
  }

  act(verb: 'touch' | 'pause' | 'terminate' | 'rotate', who: number): void {
    const session = this.known.at(-1 - (who % Math.max(1, this.known.length)));
    if (session === undefined) return;
    if (verb === 'touch') this.call(session.touch());
    else if (verb === 'pause') this.call(session.pause());
    else if (verb === 'rotate') this.call(session.rotateId());
    else this.call(session.terminate());
  }

  /** The store heals. A while later every living session is recorded under its id, and its key finds it. */
  async rest(): Promise<void> {
    const { context, runtime } = this.opened;
    this.store.heal();
    await this.clock.advance(31_000);
    await Promise.all(this.calls);
    expect(this.unexpected).toEqual([]);
    expect(context.reserved.size).toBe(0);
    for (const host of context.hosts.values()) {
      expect(host.id).toBe(host.record?.id);
      expect(await this.memory.load(host.id)).toEqual(host.record);
      if (host.key === null) continue;
      expect((await this.memory.find(host.principal, host.key))?.id).toBe(host.id);
    }
    const { records } = await this.memory.list({ limit: 1_000 });
    const living = records.filter(({ state }) => state !== 'terminated').map(({ id }) => id);
    expect(living.sort()).toEqual([...context.hosts.keys()].sort());
    await this.emptyAtTheEnd();
    tally.created += runtime.stats().created;
    tally.refused += runtime.stats().refused;
    tally.failures += this.store.failed + this.store.lost;
  }

  async emptyAtTheEnd(): Promise<void> {
    const { context, runtime } = this.opened;
    const ends = Promise.all([...context.hosts.keys()].map((id) => runtime.terminate(id)));
    await this.clock.advance(1_000);
    await ends;
    const { hosts, perPrincipal, keyed, rotated, idle, reserved, wheel, takingBack } = context;
    const sizes = { hosts, perPrincipal, keyed, rotated, idle, reserved, wheel, takingBack };
    for (const [name, { size }] of Object.entries(sizes))
      expect(`${name} ${size}`).toBe(`${name} 0`);
    expect(context.registry.size).toBe(0);
    const drained = runtime.drain({ operationsMs: 0 });
    await this.clock.advance(1_000);
    await drained;
  }
}

test('caps and quotas hold at every instant, keys are unique among the living, and nothing leaks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(step, { minLength: 30, maxLength: 80 }),
      async (seed, steps) => {
        const world = new World(seed);
        for (const one of steps) await world.take(one);
        await world.rest();
      },
    ),
    { numRuns: 250 },
  );
  // The runs did what they are for.
  expect(tally.created).toBeGreaterThan(1_200);
  expect(tally.evicted).toBeGreaterThan(50);
  expect(tally.refused).toBeGreaterThan(400);
  expect(tally.rotated).toBeGreaterThan(50);
  expect(tally.joined).toBeGreaterThan(50);
  expect(tally.failures).toBeGreaterThan(500);
}, 60_000);
