import type { Claim } from './admission.ts';
import type { CheckedCreate } from './create-options.ts';
import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** The session of that key, made if there is none: one, however many ask at once. */
export const getOrCreate = async (
  _context: RuntimeContext,
  _claim: Claim & { readonly key: string },
  _options: CheckedCreate,
): Promise<SessionHost> => {
  throw new Error('not built yet');
};

/** The owner's own key, out of the one it is stored under; `null` where it has none. */
export const ownKey = (stored: string | null): string | null => stored;
