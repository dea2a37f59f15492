import type { Reaped } from '../../src/index.ts';
import { type Command, command } from './command.ts';
import { hasBeaten, wasActive } from './commands-signs.ts';
import type { Model } from './model.ts';
import { FRESH_MS, TICK_MS } from './numbers.ts';
import type { World } from './world.ts';

/** Time goes on, for both. */
export const pass = async (world: World, model: Model | null, ms: number): Promise<void> => {
  const from = world.clock.mono();
  await world.clock.advance(ms);
  model?.advance(ms);
  // A late tick sees a gap at once, a step of the wall clock is seen by the next tick.
  if (!world.gapPending || ms < 2 * TICK_MS) return;
  world.gapPending = false;
  world.stepPending = false;
  world.gapSeen = from + TICK_MS;
};

export const advance = (ms: number): Command =>
  command(`advance ${ms}`, async (world, model) => {
    world.say(`advance ${ms}`);
    await pass(world, model, ms);
    await world.settle();
    return null;
  });

/** The event loop is held up. */
const heldUp = (world: World, model: Model | null, ms: number): void => {
  world.clock.stall(ms);
  model?.stall(ms);
  world.gapPending = true;
  if (ms > 2_500) world.gapFrom = world.clock.mono();
};

/**
 * With the exact model it is long enough for the wheel to hold its judgement, and the wheel is back in step before anything
 * else: a tick that comes between two of its times may or may not look at what fell due since the first, and either is right.
 */
export const stall = (ms: number): Command =>
  command(`stall ${ms}`, async (world, model) => {
    const long = model === null ? ms : Math.max(ms, 2 * TICK_MS + 1);
    world.say(`stall ${long}`);
    heldUp(world, model, long);
    if (model !== null) await pass(world, model, 2 * TICK_MS);
    await world.settle();
    return null;
  });

/** The server is held up, and then everybody gives a sign of life in time: nobody may be lost to silence. */
export const stallThenBeat = (ms: number, afterMs: number): Command =>
  command(`stall ${ms}, and all beat after ${afterMs}`, async (world, model) => {
    world.say(`stall ${ms}, and all beat after ${afterMs}`);
    const living = world.slots.filter(({ isOver }) => !isOver);
    heldUp(world, model, ms);
    await pass(world, model, afterMs);
    for (const slot of living.filter(({ isOver }) => !isOver)) {
      hasBeaten(world, slot);
      wasActive(world, slot);
      slot.session.beat();
      world.call(slot.session.touch());
      const life = model?.lives[slot.index];
      if (model && life) {
        model.beats += 1;
        life.beat(model.now);
        life.activity(model.now);
      }
    }
    await world.settle();
    await pass(world, model, FRESH_MS - 1);
    for (const { session, index } of living) {
      const { reason } = session.actor.getSnapshot().context;
      if (reason === 'heartbeat-lost' || reason === 'idle-timeout') {
        world.broken.push(`NOT TRUE: a stall of ours ends nobody who beats: #${index} ${reason}`);
      }
    }
    return null;
  });

export const stepWall = (ms: number): Command =>
  command(`step the wall clock by ${ms}`, (world, model) => {
    // Two steps within one tick are seen as their sum, which may be none.
    if (world.stepPending) return null;
    world.say(`step the wall clock by ${ms}`);
    world.stepPending = true;
    world.clock.stepWall(ms);
    model?.stepWall(ms);
    world.gapPending = true;
    return null;
  });

/** Looks at every deadline by call. Who was held up hears what was said meanwhile first, and looks a tick later. */
export const reap = (): Command =>
  command('reap', async (world, model) => {
    world.say('reap');
    let reaped: readonly Reaped[] = [];
    const outcome = world.call(world.runtime.reap(), (given) => {
      reaped = given;
    });
    if (model === null) return { outcome, expected: null };
    const before = model.living.map((life) => model.lives.indexOf(life));
    const ended: number[] = [];
    const look = (): void => {
      for (const life of model.look()) ended.push(model.lives.indexOf(life));
    };
    model.at(model.mono, () =>
      model.lagMs > TICK_MS ? model.at(model.mono + TICK_MS, look) : look(),
    );
    await pass(world, model, TICK_MS);
    await world.settle();
    const found = reaped.map(({ id }) => world.slots.findIndex((slot) => slot.session.id === id));
    // What a tick of the same moment ended may be told as reaped, too: either is right.
    const wrong = found.filter((index) => !before.includes(index) || !model.lives[index]?.isOver);
    if (wrong.length > 0 || ended.some((index) => !found.includes(index))) {
      world.broken.push(`reap ended ${found.join()}, but should have ended ${ended.join()}`);
    }
    return { outcome, expected: { resolves: true } };
  });

export const breakStore = (fault: 'fail' | 'lose-answer' | 'lose-request' | undefined): Command =>
  command(`the store is made to ${fault ?? 'work again'}`, (world) => {
    if (!world.setup.faulty) return null;
    world.say(`the store: ${fault ?? 'by its rates'}`);
    world.store.break(fault);
    return null;
  });
