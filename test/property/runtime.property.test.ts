import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drain, holdAtRest, rest } from './closing.ts';
import { type Command, type Frame, inARow } from './command.ts';
import { add, crash } from './commands-behaviour.ts';
import { append, read, update } from './commands-data.ts';
import {
  create,
  pause,
  resume,
  rotateId,
  type Seed,
  terminate,
  terminateAll,
} from './commands-life.ts';
import { get, list, validate } from './commands-reads.ts';
import { attach, beat, detach, touch } from './commands-signs.ts';
import { advance, breakStore, reap, stall, stallThenBeat, stepWall } from './commands-time.ts';
import { end, run } from './commands-work.ts';
import { Model } from './model.ts';
import { REASONS, type Reason } from './numbers.ts';
import { type Setup, seeded, World } from './world.ts';

/*
 * The whole runtime against a plain model, on virtual time. Two properties: over a store that answers at once everything
 * is exact, to the tick; over one that delays, reorders, fails and loses answers the time of a commit is anybody's guess,
 * so what must be true whatever happens is held against every event, every move and every moment.
 *
 * A failure prints the seed and the path for `fc.assert`, the shrunk commands with the `replayPath` for `fc.commands`, the
 * sentence that is not true, and what was done, with its time.
 */

const who = fc.nat(6);
const doomed = fc.constantFrom(false, false, false, false, true);
const seed: fc.Arbitrary<Seed> = fc.record({
  principal: fc.constantFrom('ada', 'ada', 'ada', 'bob', null),
  beats: fc.constantFrom('first', 'required', 'off'),
  key: fc.constantFrom(null, null, null, 'desk'),
  once: fc.constant(null),
  child: fc.boolean(),
  doomed,
});
const once: fc.Arbitrary<Seed> = fc.record({
  principal: fc.constantFrom('ada', 'bob'),
  beats: fc.constant('first'),
  key: fc.constant(null),
  once: fc.constantFrom('one', 'two'),
  child: fc.boolean(),
  doomed,
});
const ms = fc.constantFrom(
  ...[0, 1, 40, 249, 250, 250, 999, 999, 2_000, 2_000, 3_750, 4_001, 5_999, 6_001, 12_000, 21_000],
  45_000,
);

const timeout = fc.constantFrom(900.5, 7_000.5, 80_000.5);

const weighted: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [12, seed.map(create)],
  [2, once.map(create)],
  [4, who.map(touch)],
  [4, who.map(beat)],
  [3, who.map(attach)],
  [2, who.map(detach)],
  [6, fc.tuple(who, fc.constantFrom(1, 1, 3, 4), timeout).map(([n, k, t]) => run(n, k, t))],
  [3, fc.tuple(who, fc.constantFrom('finish', 'fail', 'abort')).map(([n, how]) => end(n, how))],
  [3, fc.tuple(who, fc.boolean()).map(([n, abort]) => pause(n, abort))],
  [3, who.map(resume)],
  [1, who.map((n) => inARow(run(n, 3, 80_000.5), pause(n, false), end(n, 'finish')))],
  [2, fc.tuple(who, fc.constantFrom('client', 'operator')).map(([n, why]) => terminate(n, why))],
  [1, fc.constantFrom('ada', 'bob').map(terminateAll)],
  [2, who.map(rotateId)],
  [5, fc.tuple(who, fc.constantFrom(1, 1, 4)).map(([n, times]) => append(n, times))],
  [4, who.map(update)],
  [4, who.map(add)],
  [3, fc.tuple(who, fc.constantFrom(1, 1, 2, 5)).map(([n, times]) => crash(n, times))],
  [2, who.map(read)],
  [1, fc.constantFrom('ada', 'bob', null).map(list)],
  [1, who.map(get)],
  [1, who.map(validate)],
  [14, ms.map(advance)],
  [2, fc.constantFrom(100, 1_000, 2_300, 9_000, 30_000).map(stall)],
  [
    1,
    fc
      .tuple(fc.constantFrom(3_000, 7_000, 40_000), fc.constantFrom(0, 300, 5_900))
      .map(([a, b]) => stallThenBeat(a, b)),
  ],
  [1, fc.constantFrom(-20_000, -5_000, 5_000, 20_000, 60_000).map(stepWall)],
  [2, fc.constant(null).map(reap)],
  [2, fc.constantFrom('fail' as const, 'lose-answer' as const, undefined).map(breakStore)],
];

const command = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const setup = (faulty: boolean): fc.Arbitrary<Setup> =>
  fc.record({
    seed: fc.integer(),
    faulty: fc.constant(faulty),
    hooks: faulty
      ? fc.constantFrom('none', 'none', 'prompt', 'throwing', 'slow', 'hanging')
      : fc.constantFrom('none', 'prompt', 'throwing'),
    initialize: faulty
      ? fc.constantFrom('none', 'prompt', 'slow')
      : fc.constantFrom('none', 'prompt'),
    onFull: fc.constantFrom('refuse', 'drop-oldest'),
  });

/** One run: the commands, then a look at everything at rest, then the drain. */
const play = async (given: Setup, commands: Iterable<Command>, drainMs: number): Promise<World> => {
  const { random } = Math;
  // Jitter is drawn from here: the same run is to be had again. Where all is exact there is none, because a fraction of a
  // ms is rounded on the wall clock.
  Math.random = given.faulty ? seeded(given.seed) : () => 0;
  try {
    const world = new World(given);
    const frame: Frame = { exact: given.faulty ? null : new Model(world.clock.wall()) };
    await fc.asyncModelRun(() => ({ model: frame, real: world }), commands);
    if (!given.faulty) await holdAtRest(world, frame.exact);
    else if (drainMs > 0) await rest(world);
    await drain(world, frame.exact, drainMs);
    return world;
  } finally {
    Math.random = random;
  }
};

/** How long a failure is shrunk, ms of real time: then it is told as it is. */
const SHRINK_MS = 20_000;

/** A property that lets everything pass once it has failed for that long, so that shrinking comes to its end. */
const shrunkInTime = <Given extends unknown[]>(check: (...given: Given) => Promise<void>) => {
  let failedAt = Number.POSITIVE_INFINITY;
  return async (...given: Given): Promise<void> => {
    if (performance.now() - failedAt > SHRINK_MS) return;
    try {
      await check(...given);
    } catch (error) {
      failedAt = Math.min(failedAt, performance.now());
      throw error;
    }
  };
};

/** What the runs of one property came to: they are to meet everything there is. */
class Tally {
  events = 0;
  calls = 0;
  faults = 0;
  readonly ends = new Map<Reason, number>();

  add({ streams, calls, store }: World): void {
    this.calls += calls;
    this.faults += store.failed + store.lost;
    for (const { events } of streams.values()) {
      this.events += events.length;
      for (const event of events) {
        if (event.type !== 'session.ended') continue;
        this.ends.set(event.reason, (this.ends.get(event.reason) ?? 0) + 1);
      }
    }
  }
}

/** More runs for a long hunt: `PROPERTY_RUNS=50000 npx vitest run test/property`. */
const runs = (otherwise: number): number => Number(process.env['PROPERTY_RUNS'] ?? otherwise);

const hold = async (faulty: boolean, numRuns: number): Promise<void> => {
  const tally = new Tally();
  const check = async (given: Setup, commands: Iterable<Command>, drainMs: number) =>
    tally.add(await play(given, commands, drainMs));
  const commands = fc.commands([command], { maxCommands: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(setup(faulty), commands, fc.constantFrom(0, 3_000), shrunkInTime(check)),
    { numRuns },
  );
  expect(tally.calls).toBeGreaterThan(10 * numRuns);
  expect(tally.events).toBeGreaterThan(10 * numRuns);
  expect(tally.faults).toBeGreaterThanOrEqual(faulty ? 4 * numRuns : 0);
  expect([...tally.ends.keys()].sort()).toEqual([...REASONS].sort());
};

// A loaded machine of two cores takes several times what a quiet one does.
const mostMs = (numRuns: number): number => 60_000 + numRuns * 60;
const [prompt, faulty] = [runs(1_000), runs(2_500)];

test(
  'over a prompt store the runtime is its model, to the tick',
  () => hold(false, prompt),
  mostMs(prompt),
);

test(
  'over a store that goes wrong nothing that was promised is broken',
  () => hold(true, faulty),
  mostMs(faulty),
);
