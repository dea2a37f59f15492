import type { Occupancy } from '../../../machines/index.ts';
import { AlreadyExistsError, CapacityError, DrainingError } from '../../errors.ts';
import { mintSessionId } from '../../identity/session-id.ts';
import { LIMITS } from '../../limits.ts';
import { planted } from '../../planted.ts';
import { storeRead } from '../commits/store-read.ts';
import type { CheckedCreate } from '../create-options.ts';
import { SessionHost } from '../host.ts';
import { enterMemory } from '../lifecycle/in-memory.ts';
import { fileNext } from '../liveness/filing.ts';
import { nextTurn } from '../next-turn.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { makeRoom } from './eviction.ts';
import { occupancyOf } from './slot.ts';

/** Whose session it is to be, and the key it is stored under. */
export interface Claim {
  readonly principal: string | null;
  readonly key: string | null;
}

/**
 * Takes a slot for a session and starts its actor, at once where there is room and its principal is known. Where there is none, the
 * longest idle session is put away first, or, without a durable store, one of the same principal is ended. Rejects with
 * `CapacityError`, `DrainingError`, or `AlreadyExistsError` for an id that is taken.
 */
export const admit = async (
  context: RuntimeContext,
  claim: Claim,
  options: CheckedCreate,
): Promise<SessionHost> => {
  for (let asking = counting(context, claim); asking !== null; asking = counting(context, claim)) {
    await asking;
  }
  const occupancy = occupancyOf(context, claim.principal);
  if (planted('quota-after-await')) await nextTurn(context);
  const host = enter(context, claim, options, occupancy);
  if (host !== null) return host;
  const refusal = refusalOf(context, claim);
  // Who has used up what a durable store keeps of each is not helped by somebody else's going.
  const hopeless = context.draining || (context.store.durable && isOverQuota(context, claim));
  const place = hopeless ? null : makeRoom(context, claim.principal);
  if (place === null) throw refused(context, claim, refusal);
  const giveBack = await place.catch(() => {
    throw refused(context, claim, refusal);
  });
  try {
    for (
      let asking = counting(context, claim);
      asking !== null;
      asking = counting(context, claim)
    ) {
      await asking;
    }
  } finally {
    // Nothing comes between this and the next: the slot is free for this one only.
    giveBack();
  }
  const heir = enter(context, claim, options, occupancyOf(context, claim.principal));
  if (heir === null) throw refused(context, claim, refusalOf(context, claim));
  return heir;
};

/**
 * Learns how many sessions its principal has, where a durable store may hold some; `null`: it is known. Asked again each
 * time, for a slot that is taken right after: all that were counted may have ended meanwhile, and then it is forgotten.
 */
const counting = ({ census }: RuntimeContext, { principal }: Claim): Promise<void> | null => {
  const asking = census?.learn(principal) ?? null;
  return asking === null ? null : storeRead('how many sessions there are', asking);
};

/** Asks the registry's chart for a slot; `null`: it has none to give. */
const enter = (
  context: RuntimeContext,
  { principal, key }: Claim,
  options: CheckedCreate,
  occupancy: Occupancy,
): SessionHost | null => {
  const { clock, hosts, deadlines, registry } = context;
  const id = options.id ?? mintSessionId(context.randomness);
  if (hosts.has(id) || context.away.get(id) !== undefined) {
    throw new AlreadyExistsError('A session of that id');
  }
  const createdAt = clock.wall();
  const expiresAt = Number.isFinite(deadlines.maxLifetimeMs)
    ? createdAt + deadlines.maxLifetimeMs
    : null;
  if (isStoreFull(context)) return null;
  const actor = registry.spawn(id, { id, principal, expiresAt }, occupancy);
  if (actor === null) return null;
  const mono = clock.mono();
  const host = new SessionHost({
    ...options,
    id,
    principal,
    key,
    createdAt,
    expiresAt,
    actor,
    mono,
  });
  enterMemory(context, host);
  context.census?.add(principal);
  fileNext(context, host);
  return host;
};

const isStoreFull = ({ census, settings }: RuntimeContext): boolean =>
  census !== null && census.total >= settings.maxStored;

const isOverQuota = (context: RuntimeContext, { principal }: Claim): boolean => {
  const { ofPrincipal, maxPerPrincipal } = occupancyOf(context, principal);
  return ofPrincipal >= maxPerPrincipal || isStoreFull(context);
};

/** Why there is no slot, as the caller is told. */
const refusalOf = (context: RuntimeContext, { principal }: Claim): Error => {
  if (context.draining) return new DrainingError(LIMITS.retryAfterMs);
  const { maxStored } = context.settings;
  if (isStoreFull(context)) return new CapacityError('maxStored', maxStored, LIMITS.retryAfterMs);
  const { ofPrincipal, maxPerPrincipal, maxResident } = occupancyOf(context, principal);
  return ofPrincipal >= maxPerPrincipal
    ? new CapacityError('maxPerPrincipal', maxPerPrincipal, LIMITS.retryAfterMs)
    : new CapacityError('maxResident', maxResident, LIMITS.retryAfterMs);
};

const refused = (context: RuntimeContext, { principal }: Claim, refusal: Error): Error => {
  context.census?.refused(principal);
  context.counters.refused += 1;
  return refusal;
};
