import { SessionTerminatedError, StoreError } from '../../errors.ts';
import { mintSessionId } from '../../identity/session-id.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import type { SessionHost } from '../host.ts';
import { afterTurn, assertOpen } from '../lifecycle/lifecycle.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { commit } from './commits.ts';
import { noteNewId } from './rename.ts';

/**
 * Gives a session a new id. See `Session.rotateId`. Commit first: nothing is changed before the new id is recorded, and
 * a rotation that fails is not tried again; where its answer was lost, the old id is put back. Callers at the same time
 * get one new id. Where the end of the session came first, it rejects with `SessionTerminatedError`.
 */
export const rotateId = async (context: RuntimeContext, host: SessionHost): Promise<string> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  assertOpen(host);
  if (host.nextId !== null && host.rotating !== null) return host.rotating;
  const rotating = rotate(context, host);
  host.rotating = rotating;
  try {
    return await rotating;
  } finally {
    if (host.rotating === rotating) host.rotating = null;
  }
};

const rotate = async (context: RuntimeContext, host: SessionHost): Promise<string> => {
  const id = mintSessionId(context.randomness);
  host.nextId = id;
  noteNewId(context, host, id);
  await commit(context, host);
  if (host.id === id) return id;
  throw new SessionTerminatedError(host.reason ?? 'client');
};

/**
 * Reads something of a session from the store by its id. The store may know it under the new one before this process
 * hears of that: a read that met a rotation is done again. Throws `StoreError` while nobody can say under which.
 */
export const readById = async <T>(
  host: SessionHost,
  read: (id: string) => Promise<T>,
): Promise<T> => {
  for (;;) {
    await host.rotating?.catch(() => undefined);
    if (host.limboId !== null) {
      throw new StoreError('its answer to a new id was lost, and it cannot be asked', undefined);
    }
    const id = host.record?.id ?? host.id;
    const found = await read(id);
    if (host.nextId === null && host.limboId === null && host.record?.id === id) return found;
    if (host.record === null || host.released) return found;
  }
};
