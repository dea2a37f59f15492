import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session } from './session.ts';
import type { DurableOptions } from './work.ts';

/** Runs a registered handler. See `Session.run`. */
export const runDurable = async (
  _context: RuntimeContext,
  _host: SessionHost,
  _session: Session,
  _name: string,
  _input: unknown,
  _options: DurableOptions,
): Promise<unknown> => {
  throw new Error('not built yet');
};
