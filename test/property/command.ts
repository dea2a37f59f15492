import type { AsyncCommand } from 'fast-check';
import { differs, disagreements } from './agreement.ts';
import type { Life } from './life.ts';
import type { Expected, Model } from './model.ts';
import type { Slot } from './slot.ts';
import type { Outcome, World } from './world.ts';

/** What fast-check calls the model: the plain one where everything is exact, none where commits blur the time. */
export interface Frame {
  readonly exact: Model | null;
}

/** One thing a client, an operator or the world does. */
export type Command = AsyncCommand<Frame, World>;

/** What the model made of a command, and the call it is about. */
export interface Asked {
  readonly outcome: Outcome;
  /** `null`: the model does not say. */
  readonly expected: Expected | null;
}

/** A command. `act` returns the call it made, and what the model says will become of it. */
export const command = (
  name: string,
  act: (world: World, model: Model | null) => Asked | null | Promise<Asked | null>,
): Command => ({
  check: () => true,
  toString: () => name,
  async run({ exact }, world) {
    if (world.context.draining) return;
    const asked = await act(world, exact);
    if (asked === null && exact === null) return;
    await world.settle();
    if (exact === null) return;
    const { outcome, expected = null } = asked ?? {};
    const wrong = outcome && expected ? differs(outcome, expected) : null;
    if (wrong !== null) world.broken.push(`${name} ${wrong}`);
    world.broken.push(...disagreements(world, exact));
    world.verify();
  },
});

/** A command to one of the sessions there are; without effect where there is none. */
export const onSession = (
  name: string,
  who: number,
  act: (world: World, slot: Slot, life: Life | null, model: Model | null) => Asked | null,
): Command =>
  command(`${name} (${who})`, (world, model) => {
    const slot = world.pick(who);
    if (slot === undefined) return null;
    world.say(`#${slot.index} ${name}`);
    return act(world, slot, model?.lives[slot.index] ?? null, model);
  });

/** Some of them one after another: what by chance alone would hardly come together. */
export const inARow = (...commands: readonly Command[]): Command => ({
  check: () => true,
  toString: () => commands.map(String).join(', then '),
  async run(frame, world) {
    for (const one of commands) await one.run(frame, world);
  },
});
