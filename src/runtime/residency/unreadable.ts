import { SessionNotFoundError } from '../../errors.ts';
import { storeRead } from '../commits/store-read.ts';
import type { SessionHost } from '../host.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { assertRecordReadable, unreadableError } from './readable.ts';
import { refreshToClaim } from './stored-host.ts';

/*
 * A session that this process cannot read stays stored, for one that can. It is not its client that failed, so no silence
 * ends it; a newer record is not touched at all.
 */

/**
 * Rejects where the session cannot be woken here. What stands in the way of its behaviour may be gone since it was read:
 * its record is looked at again, and not claimed for that. Rejects with `StoreError`, `SessionNotFoundError` too.
 */
export const assertWakes = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (host.unreadable === null) return;
  // Its host was made without knowing anything of it: whatever is stored by now, this one is of no use for it.
  assertRecordReadable(host);
  const stored = await storeRead('the session', context.store.load(host.id));
  if (stored === null) throw new SessionNotFoundError();
  refreshToClaim(context, host, stored);
  if (host.unreadable !== null) throw unreadableError(host.unreadable);
};

/** Something is due of such a session and cannot be done. Told once per process and session. */
export const tellUnreadable = (context: RuntimeContext, host: SessionHost): void => {
  const { unreadable, id } = host;
  if (unreadable === null || context.toldUnreadable.has(id)) return;
  context.toldUnreadable.add(id);
  reportError(context, host, 'a stored deadline', unreadableError(unreadable));
};
