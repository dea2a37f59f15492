import type { Occupancy } from '../../../machines/index.ts';
import { CapacityError } from '../../errors.ts';
import type { Principal } from '../../identity/principal.ts';
import { LIMITS } from '../../limits.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { makeRoom } from './eviction.ts';

/** How full it is for this principal: slots that are promised are taken. With a durable store its stored ones count. */
export const occupancyOf = (context: RuntimeContext, principal: Principal): Occupancy => {
  const { hosts, perPrincipal, reserved, settings, census } = context;
  const { maxResident, maxPerPrincipal } = settings;
  const inMemory = (): number =>
    principal === null ? 0 : (perPrincipal.get(principal)?.size ?? 0) + reserved.of(principal);
  const ofPrincipal = census === null ? inMemory() : census.of(principal);
  return { resident: hosts.size + reserved.size, maxResident, ofPrincipal, maxPerPrincipal };
};

/** The same for one that is woken: it is counted for its principal as long as it has not ended. */
export const occupancyForWake = (context: RuntimeContext): Occupancy => ({
  ...occupancyOf(context, null),
  ofPrincipal: 0,
});

/**
 * Reserves a slot for a session that is to be woken, before the first await where there is one; otherwise the session that
 * has rested for the longest is put away first. Resolves with what gives the reservation back. Rejects with `CapacityError`.
 */
export const reserveSlot = async (context: RuntimeContext): Promise<() => void> => {
  const { reserved, settings } = context;
  const { resident, maxResident } = occupancyForWake(context);
  if (resident < maxResident) {
    reserved.add(null);
    return () => reserved.release(null);
  }
  const full = (): CapacityError => {
    context.counters.refused += 1;
    return new CapacityError('maxResident', settings.maxResident, LIMITS.retryAfterMs);
  };
  const place = makeRoom(context, null);
  if (place === null) throw full();
  return place.catch(() => {
    throw full();
  });
};
