import { type Asked, type Command, command, onSession } from './command.ts';
import { open, wasActive } from './commands-signs.ts';
import { pass } from './commands-time.ts';
import type { Life } from './life.ts';
import { DONE, type Expected, type Model, refused } from './model.ts';
import { BACKOFF_MS } from './numbers.ts';
import type { Slot } from './slot.ts';
import type { World } from './world.ts';

/** Adds one to the sum of the behaviour. */
export const add = (who: number): Command =>
  onSession('add one', who, (world, slot, life, model) => {
    isSentTo(world, slot);
    const outcome = world.call(slot.session.send({ type: 'add', by: 1 }));
    const expected = taken(model, life, (_model, child) => {
      child.sum += 1;
      child.commit();
      return DONE;
    });
    return { outcome, expected };
  });

/** Crashes the behaviour so many times in a row, each time it is up again. */
export const crash = (who: number, times: number): Command =>
  command(`crash it ${times} times (${who})`, async (world, model) => {
    const slot = world.pick(who);
    if (slot === undefined) return null;
    const life = model?.lives[slot.index] ?? null;
    let asked: Asked | null = null;
    for (let left = times; left > 0; left -= 1) {
      asked = crashOnce(world, slot, life, model);
      if (left === 1) break;
      await world.settle();
      await pass(world, model, Math.ceil(BACKOFF_MS[1]));
    }
    return asked;
  });

const crashOnce = (world: World, slot: Slot, life: Life | null, model: Model | null): Asked => {
  world.say(`#${slot.index} crash it`);
  isSentTo(world, slot);
  const outcome = world.call(slot.session.send({ type: 'crash' }));
  const failure = world.streamOf(slot.session).events.at(-1);
  const expected = taken(model, life, (m, _child, own) => {
    const between = m.childFails(own);
    // Where it was given up, whether its caller hears of that or of nothing is nobody's promise.
    if (between === null) return null;
    const inMs = failure?.type === 'session.behaviour-failed' ? failure.restartInMs : null;
    if (inMs === null || inMs < between[0] || inMs > between[1]) {
      world.broken.push(`is restarted in ${inMs}, not in ${between.join(' to ')} ms`);
    }
    m.childRestartsIn(own, inMs ?? 0);
    return DONE;
  });
  return { outcome, expected };
};

/** What the model says to an event for a behaviour. */
const taken = (
  model: Model | null,
  life: Life | null,
  then: (model: Model, child: NonNullable<Life['child']>, life: Life) => Expected | null,
): Expected | null => {
  let expected: Expected | null = null;
  const opened = open(model, life, (m, own) => {
    const { child, state } = own;
    if (state === 'paused') return refused('PAUSED');
    if (child?.status !== 'running') return refused('BEHAVIOUR_DOWN');
    own.activity(m.now);
    expected = then(m, child, own);
    return DONE;
  });
  return opened !== null && 'rejects' in opened ? opened : expected;
};

const isSentTo = (world: World, slot: Slot): void => {
  const takes = slot.session.behaviour?.status === 'running' && slot.decided !== 'paused';
  if (takes && !slot.isOver) wasActive(world, slot);
};
