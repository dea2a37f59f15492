/// <reference lib="esnext.disposable" preserve="true" />
import { HoldfastError, InvalidOptionError } from '../errors.ts';
import type { LifecycleEvent } from '../observe/events.ts';
import type { DrainReport, Runtime, RuntimeOptions } from '../runtime/runtime.ts';
import type { Store } from '../store/contract.ts';
import { createMemoryStore } from '../store/memory.ts';
import { createVirtualClock, type VirtualClock } from '../time/virtual-clock.ts';
import { leaksIn } from './leaks.ts';
import { ProcessClock } from './process-clock.ts';
import { type SeededRandomness, seededRandomness } from './seeded-randomness.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { TestProcess } from './test-process.ts';

/** Options of `createTestRuntime`: those of `createRuntime`, but for the sources of time and of chance. */
export interface TestRuntimeOptions<Data = unknown, Input = Data>
  extends Omit<RuntimeOptions<Data, Input>, 'clock' | 'randomness'> {
  /** What ids and jitter come from: the same seed gives the same run. A safe integer, default 1. */
  readonly seed?: number;
  /** The time of a store or a disk that is given, or of several runtimes; default: a traced one of its own. */
  readonly clock?: VirtualClock;
  /** A disk that outlives the runtime, for `restart` and `crash`, made on the same `clock`. In place of a `store`. */
  readonly disk?: SimulatedDisk;
}

/**
 * A runtime whose time moves only when the test says so, and whose chance is a seed's: two runs with the same seed and
 * the same calls tell the same events.
 */
export interface TestRuntime<Data = unknown, Input = Data> extends AsyncDisposable {
  /** The one that lives now. After a `restart` or a `crash` it is another one: do not keep it. */
  readonly runtime: Runtime<Data, Input>;
  readonly clock: VirtualClock;
  /** What the runtime that lives now has its records in. */
  readonly store: Store;
  /** Chance for the test itself: fork it by a name, and nothing the runtime draws is shifted. */
  readonly randomness: SeededRandomness;
  /** All that was told so far, by all runtimes one after another. It grows. */
  readonly events: readonly LifecycleEvent[];
  /** Moves time on by `ms`, until nothing that is due is left. See `VirtualClock.advance` for what it throws. */
  advance(ms: number): Promise<void>;
  /** Lets all promise chains end. No time passes. */
  settle(): Promise<void>;
  /** The event loop is held up for `ms`: time passes, and nothing runs before the next `advance`. */
  stall(ms: number): void;
  /** The machine sleeps for `ms`: only the wall clock moves on. */
  suspend(ms: number): void;
  /** The wall clock is set forward by `ms`, or back where that is negative. */
  stepWall(ms: number): void;
  /**
   * Throws an `Error` that lists what is left, by kind and name, where something is. Call it at rest: when all calls are
   * answered, and what the test opened is closed again. Of a runtime that runs, what its sessions need themselves is no
   * leak: their actors and behaviours, the timers of their operations. After `close` nothing at all may be left.
   *
   * The kinds: timers on the clock; subscriptions (`runtime.subscribe`, and `session.subscribe` of sessions that have not
   * ended); waits (`waitFor`); streams, also of sessions that have ended; actors and behaviours without a session; lanes,
   * which are steps into memory and out of it; calls that the store has not answered; and of a runtime that is closed
   * whatever is in its tables, and a store that is not.
   */
  expectNoLeaks(): void;
  /**
   * Closes the runtime, and makes the next one over the same disk. Time moves on as far as that takes.
   * @throws InvalidOptionError without a `disk`
   */
  restart(): Promise<Runtime<Data, Input>>;
  /**
   * The process is gone, in the middle of whatever it does, and the next runtime is made over the same disk. No call of
   * the one before that needs its store or its clock is ever answered. Code of the application that still runs cannot
   * reach the disk or the runtime's clock, but all else: let it end by its own.
   *
   * The trap: what the one before has in memory is still there for whoever kept a reference to it or its sessions. There
   * `touch`, `run`, `send`, `get` of a session in memory, `info`, `state` and `health` still answer, with nothing of it
   * kept, and what it can refuse without its store is refused. Drop such references with the process.
   *
   * @param options.keep see `SimulatedDisk.crash`
   * @throws InvalidOptionError without a `disk`
   */
  crash(options?: { readonly keep?: number }): Runtime<Data, Input>;
  /** Closes the runtime; time moves on as far as that takes, at most by ten minutes. Twice is once. */
  close(): Promise<DrainReport>;
}

/**
 * Makes a runtime for a test.
 *
 * ```ts
 * const bench = createTestRuntime({ seed: 1, deadlines: { idleTimeoutMs: 60_000 } });
 * const session = await bench.runtime.create();
 * await bench.advance(61_000);
 * await bench.close();
 * bench.expectNoLeaks();
 * ```
 *
 * @throws InvalidOptionError for an option that is not allowed, a `store` beside a `disk`, or a `disk` on another clock:
 * its syncs would never be over
 */
export const createTestRuntime = <Data = unknown, Input = Data>(
  options: TestRuntimeOptions<Data, Input> = {},
): TestRuntime<Data, Input> => new RuntimeUnderTest(options);

class RuntimeUnderTest<Data, Input> implements TestRuntime<Data, Input> {
  readonly clock: VirtualClock;
  readonly randomness: SeededRandomness;
  readonly #options: RuntimeOptions<Data, Input>;
  readonly #disk: SimulatedDisk | null;
  readonly #events: LifecycleEvent[] = [];
  /** What was on the clock before: it is somebody else's. */
  readonly #before: ReadonlySet<object>;
  #store: Store;
  #process: TestProcess<Data, Input>;
  #lives = 0;

  constructor(given: TestRuntimeOptions<Data, Input>) {
    const { seed = 1, clock, disk, store, ...options } = given;
    if (disk !== undefined && store !== undefined) {
      throw new InvalidOptionError('store', store, 'left out where there is a disk');
    }
    this.clock = clock ?? createVirtualClock({ traced: true });
    if (disk !== undefined) assertDisk(disk, clock);
    this.randomness = seededRandomness(seed);
    this.#options = options;
    this.#disk = disk ?? null;
    this.#before = new Set(this.clock.scheduled().map(({ action }) => action));
    this.#store = store ?? disk?.open() ?? createMemoryStore();
    this.#process = this.#born();
  }

  get runtime(): Runtime<Data, Input> {
    return this.#process.runtime;
  }

  get store(): Store {
    return this.#store;
  }

  get events(): readonly LifecycleEvent[] {
    return this.#events;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  settle(): Promise<void> {
    return this.clock.settle();
  }

  stall(ms: number): void {
    this.clock.stall(ms);
  }

  suspend(ms: number): void {
    this.clock.suspend(ms);
  }

  stepWall(ms: number): void {
    this.clock.stepWall(ms);
  }

  expectNoLeaks(): void {
    const scheduled = this.#scheduled();
    const leaks = leaksIn(this.#process.found(scheduled));
    if (leaks.length === 0) return;
    const isUntraced = scheduled.some(({ by }) => by === null);
    const hint = isUntraced && leaks.some((leak) => leak.startsWith('timers:')) ? [UNTRACED] : [];
    throw new Error(['Something is left.', ...leaks, ...hint].join('\n'));
  }

  async restart(): Promise<Runtime<Data, Input>> {
    const disk = this.#diskFor('restart');
    await this.close();
    return this.#reopen(disk);
  }

  crash(options: { readonly keep?: number } = {}): Runtime<Data, Input> {
    const disk = this.#diskFor('crash');
    this.#process.die();
    disk.crash(options);
    return this.#reopen(disk);
  }

  async close(): Promise<DrainReport> {
    const { clock } = this;
    const until = clock.mono() + CLOSE_MS;
    let over = false;
    const closing = this.runtime.close().finally(() => {
      over = true;
    });
    for (;;) {
      await clock.settle();
      const { nextDueInMs } = clock;
      // With nothing on the clock, what it waits for is not a matter of virtual time.
      if (over || nextDueInMs === null) return closing;
      if (clock.mono() + nextDueInMs > until) throw this.#neverClosed();
      await clock.advance(nextDueInMs);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().then(() => undefined);
  }

  #born(): TestProcess<Data, Input> {
    this.#lives += 1;
    const randomness = this.randomness.fork(`runtime ${this.#lives}`);
    const options = { ...this.#options, randomness };
    const hear = (event: LifecycleEvent): void => void this.#events.push(event);
    return new TestProcess(this, this.clock, this.#store, options, hear);
  }

  #reopen(disk: SimulatedDisk): Runtime<Data, Input> {
    this.#store = disk.open();
    this.#process = this.#born();
    return this.runtime;
  }

  #diskFor(call: string): SimulatedDisk {
    if (this.#disk !== null) return this.#disk;
    throw new InvalidOptionError('disk', undefined, `given, for ${call}() to have what is kept`);
  }

  /** What is on the clock since this was made, but for what other runtimes under test have there. */
  #scheduled() {
    return this.clock
      .scheduled()
      .filter(({ action }) => !this.#before.has(action))
      .filter((one) => (ProcessClock.ownerOf(one)?.test ?? this) === this);
  }

  #neverClosed(): HoldfastError {
    const next = this.clock.scheduled().map(({ by }) => by ?? 'an unknown one');
    return new HoldfastError(
      'ERR_HOLDFAST_TIMEOUT',
      `close() did not end within ${CLOSE_MS} ms of virtual time. Scheduled: ${next.join('; ')}.`,
    );
  }
}

const UNTRACED =
  'To see where a timer was scheduled, give a clock that notes it: createVirtualClock({ traced: true }).';

/** Throws `InvalidOptionError` for what is no disk, and for one whose time does not move with this clock. */
const assertDisk = (disk: unknown, clock: VirtualClock | undefined): void => {
  const isDisk = ['open', 'crash'].every(
    (method) => typeof Reflect.get(Object(disk), method) === 'function',
  );
  if (!isDisk) throw new InvalidOptionError('disk', disk, 'made by createSimulatedDisk');
  if (clock !== undefined && Reflect.get(Object(disk), 'clock') === clock) return;
  throw new InvalidOptionError('clock', clock, 'the one the disk was made with');
};

/** What a close may take, virtual ms: far more than a drain waits for anything. */
const CLOSE_MS = 10 * 60_000;
