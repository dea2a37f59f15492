import { CapacityError, HoldfastError } from '../../src/index.ts';
import { livingOf, UNKNOWN } from './limits-reached.ts';
import type { Slot } from './slot.ts';
import type { World } from './world.ts';

/** What was known as a call was made. */
export interface Asking {
  /** The session it is about; `null`: none yet. */
  readonly slot: Slot | null;
  /** For whom one is asked for. */
  readonly principal: string | null;
  /** The look at the limits as it was made. */
  readonly look: number;
  /** The id that its session had, as far as anybody could know; `null`: there is none to be found. */
  readonly id: string | null;
}

export interface Refused {
  readonly asking: Asking;
  readonly error: unknown;
}

/** Notes what is known as a call is made. */
export const askingOf = (world: World, slot: Slot | null, principal: string | null): Asking => ({
  slot,
  principal,
  look: lookOf(world, slot),
  id: slot === null ? null : foundAs(world, slot),
});

/** Where others wait for the same session it may join their wake, and be refused for what was so when that was begun. */
const lookOf = (world: World, slot: Slot | null): number => {
  const now = world.limits.look(world.truth, world.process);
  return slot !== null && slot.pending > 0 ? 0 : now;
};

/** Under what id it must be found; `null`: it is over, or nobody was given it, or nobody was told of that id. */
const foundAs = (world: World, slot: Slot): string | null => {
  const { kept, given, isOver } = slot;
  if (kept === null || !given || isOver) return null;
  const { id } = kept.record;
  return world.process?.context.newIds.has(id) === true ? null : id;
};

/** What was there as it was asked for, and is there as the answer comes, was there. */
export const foundIfThere = (world: World, { asking, error }: Refused): readonly string[] => {
  const { slot, id } = asking;
  if (!(error instanceof HoldfastError) || error.code !== 'ERR_HOLDFAST_NOT_FOUND') return [];
  if (slot === null || id === null || foundAs(world, slot) !== id) return [];
  return [`#${slot.index} is recorded as ${slot.recorded}, and is not found`];
};

export const fullIfRefused = (world: World, { asking, error }: Refused): readonly string[] => {
  if (!(error instanceof CapacityError)) return [];
  const { limit } = error;
  const { look, principal } = asking;
  world.limits.look(world.truth, world.process);
  if (world.limits.since(look, limit, principal)) return [];
  return [`refused for ${limit} (${principal}), which was not reached since it was asked for`];
};

/** At rest, what is counted is what is there. */
export const countsAgree = (world: World): readonly string[] => {
  const { process } = world;
  if (process === null || process.context.opening !== null) return [];
  const { census } = process.context;
  const whose = [...livingOf(world.truth, process).values()];
  // What is being taken back may be there or not.
  if (census === null || whose.includes(UNKNOWN)) return [];
  const found =
    census.total === whose.length ? [] : [`${census.total} are counted, there are ${whose.length}`];
  for (const principal of new Set([...world.asks.values()].map((ask) => ask.principal))) {
    const counted = census.of(principal);
    const own = whose.filter((one) => one === principal).length;
    // Of a principal that was not asked for since the process began nothing is known.
    if (counted !== 0 && counted !== own) found.push(`${principal} counts ${counted}, has ${own}`);
  }
  return found;
};
