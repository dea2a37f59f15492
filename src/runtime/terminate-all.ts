import type { Principal } from '../identity/principal.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Ends all sessions of a principal. See `BoundRuntime.terminateAll`. */
export const terminateAll = async (
  _context: RuntimeContext,
  _principal: Principal,
  _reason: 'client' | 'operator',
): Promise<number> => {
  throw new Error('not built yet');
};
