import { actionsOf } from './actions.ts';
import { restart } from './actions-world.ts';
import { Coverage } from './coverage.ts';
import { prepareStore, type StoreKind } from './disks.ts';
import { countedOf } from './invariants-durable.ts';
import type { Reads } from './invariants-rest.ts';
import { ARMED_MS, RETRY_MS } from './numbers.ts';
import type { Slot } from './slot.ts';
import { type Broken, World } from './world.ts';

/** What became of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly store: StoreKind;
  /** What was not true, the first of it; `null`: everything was. */
  readonly broken: Broken | null;
  /** The names of all that was not true before the run was cut short, each once. */
  readonly violated: readonly string[];
  readonly trace: readonly string[];
  readonly digest: string;
  readonly actions: number;
}

/** Runs one seed over one store, from its first action to its rest. Never throws: what goes wrong is the outcome. */
export const runSeed = async (
  seed: number,
  store: StoreKind,
  coverage = new Coverage(),
): Promise<Outcome> => {
  await prepareStore(store);
  const world = new World(seed, coverage, store);
  let actions = 0;
  const isTrue = (): boolean => world.broken.length === 0;
  const unheard = (error: unknown): void => {
    world.note('no-unheard-errors', 'No promise is rejected that nobody hears.', describe(error));
  };
  process.on('unhandledRejection', unheard);
  try {
    world.start();
    await world.clock.settle();
    actions = await hurt(world, isTrue);
    if (isTrue()) await heal(world);
    if (isTrue()) await rest(world);
    if (isTrue()) await end(world);
  } catch (error) {
    world.note('no-surprises', 'Nothing throws that nobody expects.', describe(error));
  }
  world.process?.die();
  world.disk.end();
  process.off('unhandledRejection', unheard);
  const broken = world.broken[0] ?? null;
  const violated = [...new Set(world.broken.map(({ invariant }) => invariant))];
  const { lines, digest } = world.trace;
  return { seed, store, broken, violated, trace: lines, digest, actions };
};

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Phase one: everybody does what chance says, and things break. */
const hurt = async (world: World, isTrue: () => boolean): Promise<number> => {
  const chance = world.chance.fork('actions');
  const choice = actionsOf(world.setup);
  let actions = 0;
  while (actions < world.setup.actions && isTrue()) {
    actions += 1;
    if (world.process === null) await restart({ world, chance });
    else await chance.weighted(choice)({ world, chance });
    // Now and then the next one comes before this one is done.
    if (chance.flip(0.75)) await world.clock.settle();
    world.check('acted', {});
  }
  return actions;
};

/** Phase two begins: nothing fails any more, and what hangs is let go. */
const heal = async (world: World): Promise<void> => {
  world.trace.did('everything heals');
  world.healed = true;
  world.disk.full(false);
  if (world.storeHasEnded) world.crash('its store has ended');
  if (world.process === null) world.start();
  await world.clock.settle();
  const server = world.process;
  if (server === null) return;
  server.connection.trap = null;
  server.faulty.heal();
  world.healthySince ??= world.clock.mono();
  for (const slot of world.slots) for (const job of slot.jobs) job.finish();
};

/** What a session that is to be woken for its delay may take besides until that is recorded, ms. */
const SETTLED_MS = 3_000;

/** Times that everything is asked about before it is said not to come to rest. */
const REST_TRIES = 30;

/**
 * Waits for all that was asked for, and holds it against what must be true at rest. What moves while it is asked about is
 * asked about again, later: that it is never held against anything is a violation, too.
 */
const rest = async (world: World): Promise<void> => {
  for (let tries = 0; tries < REST_TRIES; tries += 1) {
    await untilStill(world);
    if (world.broken.length > 0) return;
    const reads = await readAll(world);
    // A deadline may have fallen due meanwhile.
    if (reads === null || isMoving(world)) continue;
    world.check('rest', { reads });
    world.coverage.met('rest checked');
    return;
  }
  neverRests(
    world,
    `work was under way, it moved, or it did not answer, each of the ${REST_TRIES} times it was read`,
  );
};

const neverRests = (world: World, detail: string): void =>
  world.note('comes-to-rest', 'Everything comes to rest.', detail);

const untilStill = async (world: World): Promise<void> => {
  const mostMs = 3 * RETRY_MS;
  let waitedMs = 0;
  for (; waitedMs < mostMs && (waitedMs < 2_000 || isMoving(world)); waitedMs += 1_000) {
    if (world.process === null) world.start();
    world.process?.faulty.heal();
    await world.pass(1_000);
    for (const slot of world.slots) for (const job of slot.jobs) job.finish();
    world.check('acted', {});
    if (world.broken.length > 0) return;
  }
};

const isMoving = (world: World): boolean =>
  world.pending.size > 0 || world.slots.some((slot) => moves(world, slot));

const moves = (world: World, slot: Slot): boolean => {
  const { recorded, actor, kept } = slot;
  if (slot.inFlight(world.processes).length > 0) return true;
  if (recorded === 'initializing' || recorded === 'terminating') return true;
  if (actor === 'initializing' || actor === 'terminating') return true;
  if (isToFire(world, slot)) return true;
  const { context } = world.process ?? {};
  // One that ends without having been in memory is not among those that are.
  const id = kept?.record.id ?? '';
  const host =
    context?.hosts.get(id) ?? [...(context?.endingAway ?? [])].find((one) => one.id === id);
  return host !== undefined && (host.committing || host.dirty || host.untold.size > 0);
};

/** Its delay is not over yet, or only just: whether that comes is to be seen. */
const isToFire = (world: World, { kept, poked, isOver }: Slot): boolean => {
  if (kept === null || poked === null || isOver || countedOf(kept)?.value !== 'armed') return false;
  const fallenMs = world.wallSeen.fallenMs - poked.fallenMs;
  return world.clock.mono() - poked.at < ARMED_MS + fallenMs + SETTLED_MS;
};

/** Asks the runtime about everything, and lets time pass for the answers. */
const readAll = async (world: World): Promise<Reads | null> => {
  const { process } = world;
  if (process === null) return null;
  const { runtime } = process;
  let reads: Reads | null = null;
  const gather = async (): Promise<void> => {
    const { sessions } = await runtime.list();
    const given = new Map<number, Awaited<Reads['listed']>[number] | null>();
    const messages = new Map<number, readonly string[] | null>();
    for (const slot of world.slots) {
      if (slot.forgotten) continue;
      const session = await runtime.get(slot.id).catch(() => null);
      given.set(slot.index, session?.info() ?? null);
      const page = await session?.messages({ limit: 1_000 }).catch(() => null);
      messages.set(slot.index, page?.messages.map(({ content }) => String(content)) ?? null);
    }
    reads = { listed: sessions, given, messages, records: world.disk.records() };
  };
  // Nothing may change between the answers, though each takes the latency of the store.
  const before = world.truth.order;
  void gather();
  for (let tries = 0; tries < 200 && reads === null; tries += 1) await world.pass(20);
  return world.truth.order === before ? reads : null;
};

/** The last process drains; the one after it finds everything that was promised. */
const end = async (world: World): Promise<void> => {
  const { process } = world;
  if (process === null) return;
  world.trace.did(`process ${process.number} drains`);
  process.draining = true;
  let over = false;
  world.call(null, 'drain', () => process.runtime.drain({ operationsMs: 0 }), {
    resolved: () => {
      over = true;
    },
  });
  for (let ms = 0; ms < 32_000 && !over; ms += 500) await world.pass(500);
  if (!over) world.violated('refusals', 'a drain was never over');
  await world.pass(0);
  world.check('over', { process });
  world.stopped();
  world.start();
  await world.pass(300);
  world.check('acted', {});
  world.process?.die();
  if (world.clock.pending > 0) {
    // What is left belongs to the disk: a sync of the process that was killed just now.
  }
};
