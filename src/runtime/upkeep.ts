import type { Problem, Reaped, RuntimeHealth, Validation } from './health.ts';
import type { Scope } from './lookup.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** How it all fares. See `Runtime.health`. */
export const runtimeHealth = (_context: RuntimeContext): RuntimeHealth => {
  throw new Error('not built yet');
};

/** Whether an id is of use to this caller. See `BoundRuntime.validate`. */
export const validate = async (
  _context: RuntimeContext,
  _scope: Scope,
  _id: string,
): Promise<Validation> => {
  throw new Error('not built yet');
};

/** What should not be. See `Runtime.validateAll`. */
export const validateAll = (_context: RuntimeContext): readonly Problem[] => {
  throw new Error('not built yet');
};

/** Looks at every deadline now. See `Runtime.reap`. */
export const reap = async (_context: RuntimeContext): Promise<readonly Reaped[]> => {
  throw new Error('not built yet');
};
