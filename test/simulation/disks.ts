import { type Driver, loadDriver } from '../../src/store/sqlite/thread/driver.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { SqliteDisk } from './sqlite-disk.ts';
import type { World } from './world.ts';

/** What a world keeps its records in: a table in memory, or SQLite. */
export const STORES = ['memory', 'sqlite'] as const;

export type StoreKind = (typeof STORES)[number];

let driver: Driver | null = null;

/** Loads what a store needs, once, before a world begins: in it nothing may wait for the system. */
export const prepareStore = async (store: StoreKind): Promise<void> => {
  if (store === 'sqlite') driver ??= await loadDriver();
};

/** The longest that a store which has ended is put up with, ms. */
const PUT_UP_MS = 2_000;

/** The disk of a world. What it draws changes nothing of what the same seed draws over the other store. */
export const diskOf = (world: World): SimulatedDisk & { end(): void } => {
  const { clock, setup, coverage } = world;
  const syncs = world.chance.fork('syncs');
  const syncMs = (): number => syncs.between(0, setup.syncMs);
  if (world.store === 'memory') {
    const disk = createSimulatedDisk({ clock, ...(setup.syncMs > 0 ? { syncMs } : {}) });
    return Object.assign(disk, { end: () => {} });
  }
  if (driver === null) throw new Error('its driver was not loaded');
  const chance = world.chance.fork('sqlite');
  return new SqliteDisk({
    clock,
    driver,
    syncMs,
    chance,
    met: (what) => {
      coverage.met(what);
      world.trace.saw(`  ${what}`);
    },
    allowed: () => ({
      failures: !world.healed && setup.store === 'faulty' && world.healthySince === null,
      kills: !world.healed && setup.crashes && world.process !== null,
    }),
    onKilled: (why) => world.crash(why),
    onEnded: () => world.storeEnded(chance.between(0, PUT_UP_MS)),
  });
};
