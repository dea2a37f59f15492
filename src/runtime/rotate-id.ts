import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Gives a session a new id. See `Session.rotateId`. */
export const rotateId = async (_context: RuntimeContext, _host: SessionHost): Promise<string> => {
  throw new Error('not built yet');
};
