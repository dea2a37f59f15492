import { InvalidSessionIdError, SessionNotFoundError } from '../../errors.ts';
import { getSession, type Scope } from '../lookup.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Validation } from './health.ts';

/**
 * Whether an id is of use to this caller, by the same look-ups as `get`. A session whose end has begun is `ended`, since
 * its calls are refused from then on. That is told to its principal only: an anonymous caller and somebody else's are
 * told `unknown`. See `BoundRuntime.validate`.
 */
export const validate = async (
  context: RuntimeContext,
  scope: Scope,
  id: string,
): Promise<Validation> => {
  try {
    const { state } = await getSession(context, scope, id);
    const reason = context.hosts.get(id)?.reason ?? null;
    if (reason === null && state !== 'terminating' && state !== 'terminated') {
      return { valid: true, state };
    }
    const anonymous = scope !== 'everybody' && scope.principal === null;
    return { valid: false, problem: anonymous ? 'unknown' : 'ended' };
  } catch (error) {
    if (error instanceof InvalidSessionIdError) return { valid: false, problem: 'malformed' };
    if (error instanceof SessionNotFoundError) return { valid: false, problem: 'unknown' };
    throw error;
  }
};
