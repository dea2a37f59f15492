import { ForbiddenError } from '../../errors.ts';
import type { Principal } from '../../identity/principal.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { terminate } from './lifecycle.ts';

/**
 * Ends all sessions a principal has in memory now, those that are being made included. Every one of them is tried.
 * Resolves with how many there were, once their ends are recorded, also the ones that had begun before; rejects with the
 * first error when a try to record one fails: that goes on all the same. Throws `ForbiddenError` for the anonymous
 * principal. See `BoundRuntime.terminateAll`.
 */
export const terminateAll = async (
  context: RuntimeContext,
  principal: Principal,
  reason: 'client' | 'operator',
): Promise<number> => {
  if (principal === null) {
    throw new ForbiddenError(
      'Anonymous sessions are not ended in bulk: nothing tells whose they are.',
    );
  }
  const own = [...(context.perPrincipal.get(principal) ?? [])];
  const ends = await Promise.allSettled(own.map((host) => terminate(context, host, reason)));
  for (const one of ends) if (one.status === 'rejected') throw one.reason;
  return own.length;
};
