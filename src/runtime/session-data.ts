import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** The data a session starts with: what was given, as the schema makes it. Rejects with `InvalidDataError`. */
export const initialData = async (_context: RuntimeContext, given: unknown): Promise<unknown> =>
  given ?? {};

/** Changes the data. See `Session.update`. */
export const update = async (
  _context: RuntimeContext,
  _host: SessionHost,
  _change: (data: unknown) => unknown,
): Promise<unknown> => {
  throw new Error('not built yet');
};
