import { InvalidOptionError } from '../../errors.ts';
import type { ServerLike } from './options.ts';

/** Servers that are connected to a session. */
const inUse = new WeakSet<ServerLike>();

/**
 * A server is about to be connected. Rejects the second session of one: it has room for one transport, and would leave the
 * first session, whose client knows nothing of the other. The cause is an `InvalidOptionError`: no client is told of it.
 */
export const takeOn = (server: ServerLike): void => {
  if (inUse.has(server)) {
    const cause = new InvalidOptionError(
      'server',
      'a factory that returned the server of another session',
      'a factory that makes a new server each time',
    );
    throw new Error('The server could not be made.', { cause });
  }
  inUse.add(server);
};

/** Closes it. It may be connected again then. Never rejects. */
export const letGo = async (server: ServerLike): Promise<void> => {
  await server.close().catch(() => {});
  inUse.delete(server);
};
