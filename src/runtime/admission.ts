import { AlreadyExistsError, CapacityError, DrainingError } from '../errors.ts';
import { mintSessionId } from '../identity/session-id.ts';
import { LIMITS } from '../limits.ts';
import type { CheckedCreate } from './create-options.ts';
import { fileNext } from './filing.ts';
import { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Whose session it is to be, and the key it is stored under. */
export interface Claim {
  readonly principal: string | null;
  readonly key: string | null;
}

/** Takes a slot for a session, through the registry's chart, and starts its actor. Throws when there is no room. */
export const admit = (
  context: RuntimeContext,
  { principal, key }: Claim,
  options: CheckedCreate,
): SessionHost => {
  const { clock, hosts, perPrincipal, settings, deadlines, registry } = context;
  const id = options.id ?? mintSessionId();
  if (hosts.has(id)) throw new AlreadyExistsError('A session of that id');
  const createdAt = clock.wall();
  const expiresAt = Number.isFinite(deadlines.maxLifetimeMs)
    ? createdAt + deadlines.maxLifetimeMs
    : null;
  const ofPrincipal = principal === null ? 0 : (perPrincipal.get(principal)?.size ?? 0);
  const { maxResident, maxPerPrincipal } = settings;
  const actor = registry.spawn(
    id,
    { id, principal, expiresAt },
    { resident: hosts.size, maxResident, ofPrincipal, maxPerPrincipal },
  );
  if (actor === null) {
    context.counters.refused += 1;
    if (context.draining) throw new DrainingError(LIMITS.retryAfterMs);
    throw ofPrincipal >= maxPerPrincipal
      ? new CapacityError('maxPerPrincipal', maxPerPrincipal, LIMITS.retryAfterMs)
      : new CapacityError('maxResident', maxResident, LIMITS.retryAfterMs);
  }
  const host = new SessionHost({
    ...options,
    id,
    principal,
    key,
    createdAt,
    expiresAt,
    actor,
    mono: clock.mono(),
  });
  hosts.set(id, host);
  if (principal !== null) {
    const own = perPrincipal.get(principal) ?? new Set();
    perPrincipal.set(principal, own.add(host));
  }
  fileNext(context, host);
  return host;
};
