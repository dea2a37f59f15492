import { type Action, pick, withSession } from './clients.ts';
import { SURELY_A_GAP_MS, TICK_MS } from './numbers.ts';
import type { World } from './world.ts';

const passes =
  (least: number, most: number): Action =>
  async ({ world, chance }) => {
    const ms = Math.round(chance.between(least, most) * 4) / 4;
    world.trace.did(`${ms} ms pass`);
    await world.pass(ms);
  };

export const moment = passes(0, 60);
export const second = passes(200, 1_500);
export const while_ = passes(2_000, 7_000);
export const long = passes(8_000, 26_000);

export const stall: Action = async ({ world, chance }) => {
  const ms = Math.round(chance.one([chance.between(300, 2_400), chance.between(2_600, 30_000)]));
  world.trace.did(`the event loop is held up for ${ms} ms`);
  world.clock.stall(ms);
  world.process?.wasHeldUp(ms);
  world.disturbed(ms >= SURELY_A_GAP_MS && world.process !== null);
  await world.pass(0);
};

/** Two steps within one tick are seen as their sum, which may be none: so one is waited for. */
const stepped = async (world: World, ms: number, step: () => void): Promise<void> => {
  step();
  world.wallMoved = true;
  // One that is only being made may be as old as it says after the step.
  for (const [n, askedWall] of world.askedWall) {
    world.askedWall.set(n, Math.min(askedWall, world.clock.wall()));
  }
  // One that is set back makes nobody look silent for longer.
  world.disturbed(ms >= SURELY_A_GAP_MS && world.process !== null);
  await world.pass(2 * TICK_MS);
};

export const suspend: Action = async ({ world, chance }) => {
  if (!world.setup.steps) return;
  const ms = Math.round(chance.between(500, 40_000));
  world.trace.did(`the machine sleeps for ${ms} ms`);
  await stepped(world, ms, () => world.clock.suspend(ms));
};

export const stepWall: Action = async ({ world, chance }) => {
  if (!world.setup.steps) return;
  const ms = Math.round(chance.between(-20_000, 20_000));
  world.trace.did(`the wall clock is set by ${ms} ms`);
  await stepped(world, ms, () => world.clock.stepWall(ms));
};

const FAULTS = ['fail', 'lose-request', 'lose-answer', 'stall', 'hold-answer'] as const;

export const breakStore: Action = ({ world, chance }) => {
  const { process, setup } = world;
  if (process === null || setup.store === 'calm') return;
  const fault = chance.one(FAULTS);
  world.trace.did(`the store: ${fault}`);
  process.faulty.break(fault);
  world.healthySince = null;
};

export const breakOnce: Action = ({ world, chance }) => {
  const { process, setup } = world;
  if (process === null || setup.store === 'calm') return;
  const fault = chance.one(FAULTS.slice(0, 3));
  const method = chance.one(['create', 'commit', 'commit', 'claim', 'release', 'remove'] as const);
  world.trace.did(`the store: the next ${method} is to ${fault}`);
  world.healthySince = null;
  process.faulty.breakNext(method, fault);
};

export const mendStore: Action = ({ world, chance }) => {
  const { process, setup } = world;
  if (process === null || setup.store === 'calm') return;
  const whole = !world.diskIsFull && !world.storeHasEnded && chance.flip(0.7);
  world.trace.did(whole ? 'the store heals' : 'the store fails by its rates again');
  process.faulty.heal();
  if (whole) world.healthySince ??= world.clock.mono();
  else {
    process.faulty.break();
    world.healthySince = null;
  }
};

export const diskFull: Action = ({ world }) => {
  if (world.setup.store === 'calm') return;
  world.diskIsFull = !world.diskIsFull;
  world.trace.did(world.diskIsFull ? 'the disk is full' : 'the disk has space again');
  world.disk.full(world.diskIsFull);
  world.healthySince = null;
};

export const reap: Action = ({ world }) => {
  const { process } = world;
  if (process === null) return;
  world.trace.did('everything is looked at');
  world.call(null, 'reap', () => process.runtime.reap());
};

export const list: Action = ({ world, chance }) => {
  const { process } = world;
  if (process === null) return;
  const principal = chance.one(['ada', 'bob', undefined]);
  world.trace.did(`a list of ${principal ?? 'all'}`);
  world.call(null, 'list', () =>
    process.runtime.list(principal === undefined ? {} : { principal }),
  );
};

/** A session that was given and has not ended is there, whoever asks for it, as long as the store answers. */
export const get: Action = (act) => {
  const { world } = act;
  const { process } = world;
  const slot = pick(act);
  if (slot === null || process === null) return;
  const { id } = slot;
  world.trace.did(`#${slot.index} is asked for`);
  world.call(slot, 'get', () => process.runtime.get(id), {
    resolved: (session) => {
      if (slot.ids.includes(session.id)) return;
      world.violated('known', `#${slot.index} was asked for, and ${session.id} given`);
    },
  });
};

export const read: Action = (act) => {
  const slot = pick(act);
  if (slot === null) return;
  withSession(act.world, slot, 'reads', (session) => {
    act.world.call(slot, 'messages', () => session.messages());
    session.info();
    session.health();
    session.operations();
  });
};

/** The process is killed: now, or at some await of what is under way. */
export const crash: Action = async ({ world, chance }) => {
  const { process, setup } = world;
  if (process === null || !setup.crashes) return;
  const where = chance.one(['now', 'turns', 'call', 'answer', 'time'] as const);
  // What was armed may never come about: it counts as it does.
  const kill = (why: string): void => {
    if (!process.alive) return;
    world.coverage.met(`crash: ${where}`);
    world.crash(why);
  };
  if (where === 'now') kill('now');
  if (where === 'turns') {
    const turns = chance.below(40);
    for (let left = turns; left > 0; left -= 1) await Promise.resolve();
    kill(`after ${turns} turns`);
  }
  if (where === 'call' || where === 'answer') {
    const left = 1 + chance.below(6);
    process.connection.trap = {
      left,
      at: where,
      spring: () => kill(`at a ${where}`),
    };
    world.trace.did(`the process will be killed at ${where} ${left}`);
  }
  if (where === 'time') {
    const ms = chance.between(0, 400);
    world.clock.scheduler.schedule(() => kill('meanwhile'), ms);
    world.trace.did(`the process will be killed in ${ms.toFixed(2)} ms`);
  }
};

/** A new process, at once or after a while. */
export const restart: Action = async ({ world, chance }) => {
  if (world.process !== null) return;
  const ms = chance.one([0, 0, chance.between(100, 1_900), chance.between(3_600, 40_000)]);
  if (ms > 0) {
    world.trace.did(`nobody is there for ${ms.toFixed(2)} ms`);
    await world.pass(ms);
  }
  world.start();
  if (chance.flip(0.5)) await world.clock.settle();
};

/** The process drains, and the next one takes over. */
export const rollOver: Action = async ({ world, chance }) => {
  const { process } = world;
  if (process === null) return;
  const operationsMs = chance.one([0, 1_000, 4_000]);
  world.trace.did(`process ${process.number} drains, ${operationsMs} ms for operations`);
  world.coverage.met('drain');
  process.draining = true;
  let over = false;
  world.call(null, 'drain', () => process.runtime.drain({ operationsMs }), {
    resolved: ({ hibernated, left }) => {
      over = true;
      if (hibernated > 0) world.coverage.met('drain that puts away');
      if (left.length > 0) world.coverage.met('drain that leaves something');
      world.trace.saw(`put away ${hibernated}, left ${left.length}`);
    },
  });
  // Ends are recorded within 20 s, and closing the store has 5 s.
  for (let ms = 0; ms < operationsMs + 32_000 && process.alive && !over; ms += 500) {
    await world.pass(500);
  }
  if (!process.alive) return;
  if (!over) world.violated('refusals', 'a drain was never over');
  world.stopped();
  await world.pass(chance.one([0, 0, chance.between(3_600, 20_000)]));
  world.start();
};
