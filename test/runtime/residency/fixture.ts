import type { LifecycleEvent, Runtime, RuntimeOptions } from '../../../src/index.ts';
import { assembleRuntime } from '../../../src/runtime/create-runtime.ts';
import { TrustedRuntime } from '../../../src/runtime/trusted-runtime.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import {
  createSimulatedDisk,
  type SimulatedDisk,
  type SimulatedDiskOptions,
} from '../../../src/testing/simulated-disk.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';
import { DEADLINES } from '../fixture.ts';

/** How long a session of these tests rests before it is put away, ms. */
export const REST_MS = 5_000;

/** What a sync of the disk takes, ms. */
export const SYNC_MS = 2;

/** A disk on a virtual clock. */
export const newDisk = (options: Partial<SimulatedDiskOptions> = {}) => {
  const clock = createVirtualClock();
  return { clock, disk: createSimulatedDisk({ clock, syncMs: SYNC_MS, ...options }) };
};

/** A runtime of its own process over that disk, its parts, and what it has told. */
export const processOver = (
  { clock, disk }: { clock: VirtualClock; disk: SimulatedDisk },
  options: RuntimeOptions = {},
) => {
  const { deadlines, ...others } = options;
  const context = assembleRuntime({
    clock,
    store: disk.open(),
    sweepIntervalMs: 10_000,
    ...others,
    deadlines: { ...DEADLINES, hibernateAfterMs: REST_MS, ...deadlines },
  });
  const runtime: Runtime = new TrustedRuntime(context);
  const events: LifecycleEvent[] = [];
  runtime.subscribe((event) => events.push(event));
  return { clock, disk, context, runtime, events };
};

/** A disk and the first process over it. */
export const durableRuntime = (options: RuntimeOptions = {}) => processOver(newDisk(), options);

/** The same behind a store that goes wrong when it is told to. */
export const faultyProcess = (
  options: RuntimeOptions = {},
  { clock, disk }: { clock: VirtualClock; disk: SimulatedDisk } = newDisk(),
) => {
  const store = faultyStore(disk.open(), { clock, random: () => 0.5 });
  return {
    ...processOver({ clock, disk: { ...disk, open: () => store } }, options),
    disk,
    store,
  };
};

/** Resolves when so much virtual time has passed. */
export const elapsed = ({ scheduler }: VirtualClock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    scheduler.schedule(() => resolve(), ms);
  });

/** Waits for an answer that takes virtual time. */
export const after = async <T>(clock: VirtualClock, asked: Promise<T>, ms = 50): Promise<T> => {
  asked.catch(() => undefined);
  await clock.advance(ms);
  return asked;
};

/** The process is gone in this moment: nothing of it acts any more. */
export const crash = ({ disk, context }: { disk: SimulatedDisk; context: { closed: boolean } }) => {
  disk.crash();
  context.closed = true;
};

/** A process with one session of ada's that is stored. */
export const withStored = async (options: RuntimeOptions = {}) => {
  const process = durableRuntime(options);
  const session = await after(process.clock, process.runtime.create({ principal: 'ada' }));
  await process.clock.advance(10_000 + REST_MS + 600);
  const { residency } = session.info();
  if (residency !== 'stored') throw new Error(`The session is ${residency}.`);
  return { ...process, session };
};
