import type { DrainReport } from '../../src/index.ts';
import { differs, disagreements } from './agreement.ts';
import { AT_REST, kept, leftovers, readsAgree } from './at-rest.ts';
import { pass } from './commands-time.ts';
import { type Model, refused } from './model.ts';
import { TICK_MS } from './numbers.ts';
import type { Outcome, World } from './world.ts';

/** Longer than any wait between two tries of a commit. */
const RETRIES_MS = 32_000;

/** The store heals, and everything that was asked for comes to its end; then all must agree. */
export const rest = async (world: World): Promise<void> => {
  world.say('the store heals');
  world.store.heal();
  for (const slot of world.slots) for (const work of slot.inFlight) work.finish();
  await world.settle();
  for (let ms = 0; ms < RETRIES_MS; ms += 4_000) {
    for (const slot of world.slots.filter(({ isOver }) => !isOver)) {
      slot.lastActivity = slot.decided === 'paused' ? slot.lastActivity : world.clock.mono();
      slot.lastSign = world.clock.mono();
      world.call(slot.session.touch());
    }
    await pass(world, null, 4_000);
    await world.settle();
  }
  // A deadline may have struck a moment ago, and its commit be on its way.
  const moving = (): boolean =>
    world.slots.some(({ isOver, decided, session: { state } }) =>
      isOver ? state !== 'terminated' : decided !== state,
    );
  for (let tries = 50; tries > 0 && moving(); tries -= 1) await pass(world, null, 50);
  await holdAtRest(world, null);
};

/** Holds everything at rest against the store. */
export const holdAtRest = async (world: World, model: Model | null): Promise<void> => {
  // A stall or a step of the wall clock is seen by a tick, and everything is filed anew by the next.
  if (world.gapPending) await pass(world, model, 2 * TICK_MS);
  const all = await kept(world);
  for (const rule of AT_REST) world.note(rule.sentence, rule.check(world, all));
  for (const { slot, record, messages } of model === null ? [] : all) {
    const wanted = model?.lives[slot.index]?.messages.join();
    const found = messages.map(({ content }) => content).join();
    if (record === null || found === wanted) continue;
    world.broken.push(`#${slot.index} has the messages ${found}, but should have ${wanted}`);
  }
  // The last commits may be on their way: the store is asked through the faults, which need time to pass.
  const reads = readsAgree(world, all);
  await pass(world, model, world.setup.faulty ? 2_000 : 0);
  world.note('At rest list, get, messages and the store agree.', await reads);
  world.verify();
};

/** Drains, and looks what is left. */
export const drain = async (world: World, model: Model | null, operationsMs: number) => {
  world.say(`drain, ${operationsMs} ms for operations`);
  const living = world.context.hosts.size;
  let report: DrainReport | null = null;
  world.call(world.runtime.drain({ operationsMs }), (given) => {
    report = given;
  });
  model?.drain(operationsMs);
  const refusals = asksWhileDraining(world);
  await world.settle();
  for (const outcome of refusals) {
    const wrong = differs(outcome, refused('DRAINING'));
    if (wrong !== null) world.broken.push(`NOT TRUE: a drain takes nothing new: this ${wrong}`);
  }
  if (model !== null) {
    await pass(world, model, operationsMs + 1);
    await world.settle();
    world.broken.push(...disagreements(world, model));
  }
  // Ends are recorded within what is left of 20 s, and closing the store has 5 s.
  await pass(world, null, operationsMs + 30_000);
  await afterDrain(world, model, report, living);
};

/** Somebody still asks for a session, and for work. */
const asksWhileDraining = (world: World): Outcome[] => {
  const open = world.slots.find(({ decided }) => decided === 'active' || decided === 'idle');
  const expired = (open?.session.info().expiresAt ?? 0) <= world.clock.wall();
  return [
    world.call(world.runtime.create({ principal: 'carol', data: { marks: [] } })),
    ...(open && !expired ? [world.call(open.session.run('late', () => undefined))] : []),
  ];
};

const afterDrain = async (
  world: World,
  model: Model | null,
  report: DrainReport | null,
  living: number,
): Promise<void> => {
  if (report === null) throw new Error('drain never answered');
  const { left, ended, aborted } = report as DrainReport;
  if (!world.setup.faulty || left.length === 0) {
    world.note('After a drain nothing is left.', leftovers(world));
    const all = await kept(world);
    for (const rule of AT_REST) world.note(rule.sentence, rule.check(world, all));
  }
  for (const { slot, record } of await kept(world)) {
    const isLeft = left.includes(slot.session.id);
    if (record === null || isLeft || record.state === 'terminated') continue;
    world.broken.push(`NOT TRUE: a drain names what it left: #${slot.index} is ${record.state}`);
  }
  if (model !== null && aborted !== model.aborted) {
    world.broken.push(`drain aborted ${aborted}, but should have aborted ${model.aborted}`);
  }
  if (ended > living) world.broken.push(`drain ended ${ended} of ${living}`);
  world.verify();
};
