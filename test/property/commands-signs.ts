import { type Command, onSession } from './command.ts';
import type { Life } from './life.ts';
import type { Expected, Model } from './model.ts';
import { DONE } from './model.ts';
import type { Slot } from './slot.ts';
import type { World } from './world.ts';

/** The client did something, and the session took it: what its deadlines count from, as far as the client knows. */
export const wasActive = (world: World, slot: Slot): void => {
  slot.lastSign = world.clock.mono();
  if (slot.decided !== 'paused') slot.lastActivity = world.clock.mono();
};

/** What the model says to a call that needs a session that has not ended. */
export const open = (
  model: Model | null,
  life: Life | null,
  then: (model: Model, life: Life) => Expected | undefined,
): Expected | null => {
  if (model === null || life === null) return null;
  return life.isOver ? model.over(life) : (then(model, life) ?? DONE);
};

export const touch = (who: number): Command =>
  onSession('touch', who, (world, slot, life, model) => {
    if (!slot.isOver) wasActive(world, slot);
    const outcome = world.call(slot.session.touch());
    return { outcome, expected: open(model, life, (m, l) => void l.activity(m.now)) };
  });

export const beat = (who: number): Command =>
  onSession('beat', who, (world, slot, life, model) => {
    if (!slot.isOver) hasBeaten(world, slot);
    const outcome = world.call((async () => slot.session.beat())());
    const expected = open(model, life, (m, l) => {
      l.beat(m.now);
      m.beats += 1;
      return undefined;
    });
    return { outcome, expected };
  });

/** The client gave a sign of life. */
export const hasBeaten = (world: World, slot: Slot): void => {
  slot.lastSign = world.clock.mono();
  if (slot.presences > 0) slot.lastProof = world.clock.mono();
  if (slot.beats !== 'off') slot.watched = true;
};

export const attach = (who: number): Command =>
  onSession('attach', who, (world, slot, life, model) => {
    const outcome = world.call(
      (async () => {
        slot.detachers.push(slot.session.attach());
        slot.presences += 1;
      })(),
    );
    const expected = open(model, life, (_model, own) => {
      own.presences += 1;
      return undefined;
    });
    return { outcome, expected };
  });

export const detach = (who: number): Command =>
  onSession('detach', who, (world, slot, life) => {
    const leave = slot.detachers.shift();
    if (leave === undefined) return null;
    slot.presences -= 1;
    if (life !== null) life.presences -= 1;
    leave();
    leave();
    return { outcome: world.call(Promise.resolve()), expected: DONE };
  });
