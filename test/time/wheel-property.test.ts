import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { DeadlineWheel } from '../../src/time/wheel.ts';
import { type WheelEntry, wheelEntry } from '../../src/time/wheel-entry.ts';

interface Item extends WheelEntry {
  readonly n: number;
}

/** What a naive list knows of a filed entry: not to be looked at before `from`, nor after `until`. */
interface Filed {
  readonly from: number;
  readonly until: number;
}

const ENTRIES = 12;
const entry = fc.nat(ENTRIES - 1);
const wait = fc.oneof(
  fc.nat(60),
  fc.constantFrom(-5, 0, 7, 70, 1e6),
  fc.double({ min: 0, max: 90, noNaN: true }),
);

const command = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('file' as const), n: entry, ms: wait }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), n: entry }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.oneof(fc.nat(80), fc.double({ min: 0, max: 40, noNaN: true })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stall' as const), ms: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('review' as const) }) },
);

/** What a look does before it returns. */
const inLook = fc.oneof(
  fc.record({ kind: fc.constant('drop' as const) }),
  fc.record({ kind: fc.constant('again' as const), ms: wait }),
  fc.record({ kind: fc.constant('file' as const), n: entry, ms: wait }),
  fc.record({ kind: fc.constant('remove' as const), n: entry }),
  fc.record({ kind: fc.constant('throw' as const) }),
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;
type InLook = typeof inLook extends fc.Arbitrary<infer T> ? T : never;

/** A wheel and a naive list side by side; fails where they differ. */
class Bench {
  readonly clock = createVirtualClock();
  readonly items: Item[] = Array.from({ length: ENTRIES }, (_, n) => ({ ...wheelEntry(), n }));
  readonly list = new Map<number, Filed>();
  readonly wheel: DeadlineWheel<Item>;
  readonly tickMs: number;
  readonly script: InLook[];
  wrong: string | null = null;

  constructor(originMs: number, tickMs: number, turn: number, script: InLook[]) {
    this.clock.stall(originMs);
    this.tickMs = tickMs;
    this.script = [...script];
    const { clock } = this;
    this.wheel = new DeadlineWheel<Item>({
      clock,
      tickMs,
      turn,
      look: (item, now) => this.look(item, now),
      onError: (error) => {
        if (error !== this) this.wrong ??= String(error);
      },
    });
    this.wheel.start();
  }

  file(n: number, ms: number): void {
    const at = this.clock.mono() + ms;
    this.noteFiled(n, at);
    const item = this.items[n];
    if (item !== undefined) this.wheel.file(item, at);
  }

  remove(n: number): void {
    this.list.delete(n);
    const item = this.items[n];
    if (item !== undefined) this.wheel.remove(item);
  }

  noteFiled(n: number, at: number): void {
    this.list.set(n, { from: at, until: Math.max(at, this.clock.mono()) + this.tickMs });
  }

  look(item: Item, now: number): number {
    const filed = this.list.get(item.n);
    if (filed === undefined) this.wrong ??= `${item.n} was looked at, but is not filed`;
    else if (now < filed.from) this.wrong ??= `${item.n} for ${filed.from} was early: ${now}`;
    else if (now > filed.until + 1e-6)
      this.wrong ??= `${item.n} until ${filed.until} was late: ${now}`;
    this.list.delete(item.n);
    const act = this.script.shift() ?? { kind: 'drop' };
    if (act.kind === 'throw') {
      this.noteFiled(item.n, now);
      throw this;
    }
    if (act.kind === 'again') {
      this.noteFiled(item.n, now + act.ms);
      return now + act.ms;
    }
    if (act.kind === 'file') this.file(act.n, act.ms);
    if (act.kind === 'remove') this.remove(act.n);
    // Its own filing or removal stands against the returned value, in each direction.
    const isOwn = act.kind !== 'drop' && act.n === item.n;
    return isOwn && act.kind === 'remove' ? now : Number.POSITIVE_INFINITY;
  }

  async run(step: Command): Promise<void> {
    if (step.kind === 'file') this.file(step.n, step.ms);
    else if (step.kind === 'remove') this.remove(step.n);
    else if (step.kind === 'advance') await this.clock.advance(step.ms);
    else if (step.kind === 'stall') this.stall(step.ms);
    else this.review();
    this.check();
  }

  stall(ms: number): void {
    this.clock.stall(ms);
    // The loop was held up: what is overdue now has the late tick and the one after it.
    const floor = this.clock.mono() + this.tickMs;
    for (const [n, { from, until }] of this.list)
      this.list.set(n, { from, until: Math.max(until, floor) });
  }

  review(): void {
    this.wheel.reviewAll();
    for (const [n, { until }] of this.list)
      this.list.set(n, { from: Number.NEGATIVE_INFINITY, until });
  }

  check(): void {
    expect(this.wrong).toBeNull();
    expect(this.wheel.size).toBe(this.list.size);
    for (const [n, { until }] of this.list)
      if (until < this.clock.mono() - 1e-6) expect(`${n} was lost: until ${until}`).toBeNull();
  }
}

test('never early, never later than a tick, nothing lost, whatever is done to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 0.1, 67699.387),
      fc.constantFrom(10, 1, 3.3, 25),
      fc.constantFrom(1, 2, 512),
      fc.array(command, { maxLength: 40 }),
      fc.array(inLook, { maxLength: 40 }),
      async (originMs, tickMs, turn, commands, script) => {
        const bench = new Bench(originMs, tickMs, turn, script);
        for (const step of commands) await bench.run(step);
        await bench.run({ kind: 'advance', ms: 5 * tickMs });
      },
    ),
    { numRuns: 1_500 },
  );
});
