import { LIMITS } from './numbers.ts';
import type { Slot } from './slot.ts';
import type { Written } from './truth.ts';
import type { World } from './world.ts';

const OVER: ReadonlySet<string> = new Set(['terminating', 'terminated']);

/** A record counts from its creation to its end; one whose creation was refused is being taken back. */
export const quotasHold = (world: World, { written }: { written: Written }): readonly string[] => {
  const { before, after } = written;
  if (after === null || (before !== null && OVER.has(after.record.state))) return [];
  if (before !== null && !OVER.has(before.record.state)) return [];
  const living = [...world.truth.kept.values()]
    .map(({ record }) => record)
    .filter(({ id, state }) => {
      const n = world.slotOf(id)?.ask.n;
      return !OVER.has(state) && (n === undefined || !world.rejected.has(n));
    });
  const { principal } = after.record;
  const own = living.filter((record) => record.principal === principal).length;
  return [
    ...(living.length > LIMITS.maxStored ? [`${living.length} are stored`] : []),
    ...(principal !== null && own > LIMITS.maxPerPrincipal ? [`${principal} has ${own}`] : []),
  ];
};

export const capHolds = ({ process }: World): readonly string[] => {
  const resident = process?.context.hosts.size ?? 0;
  return resident > LIMITS.maxResident ? [`${resident} are in memory`] : [];
};

/** What only marks it as put away would have it woken as if nothing had been cut short. */
export const putAwayFromMemory = (
  world: World,
  { slot, written }: { slot: Slot; written: Written },
): readonly string[] => {
  const [was, is] = [written.before, written.after].map((kept) => kept?.record.session.putAway);
  // Of a process that is gone nothing is known but what it wrote.
  if (world.process === null || is !== true || was === true || slot.actor !== null) return [];
  return [`#${slot.index} is recorded as put away, and was not in memory`];
};

export const quietIsPutAway = (
  world: World,
  { slot, written }: { slot: Slot; written: Written },
): readonly string[] => {
  if (written.what !== 'release' || world.process === null) return [];
  const jobs = slot.inFlight(world.process.number).filter(({ started }) => started);
  return jobs.length === 0 ? [] : [`#${slot.index} has ${jobs.length} in flight, and is given up`];
};
