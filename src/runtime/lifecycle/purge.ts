import {
  Fenced,
  HoldfastError,
  OutcomeUnknown,
  SessionNotEndedError,
  SessionNotFoundError,
  StoreError,
} from '../../errors.ts';
import { assertSessionId } from '../../identity/session-id.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { readRecord } from '../../store/envelope/read-record.ts';
import { storeRead } from '../commits/store-read.ts';
import { untilOpen } from '../residency/opening.ts';
import { unreadableError } from '../residency/readable.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** How often it is looked again where the record changed under way, or the answer was lost. */
const TRIES = 3;

/** Removes the record and the journal of a session that has ended. See `Runtime.purge`. */
export const purge = async (context: RuntimeContext, id: string): Promise<void> => {
  assertSessionId(id);
  await untilOpen(context);
  for (let tries = 1; ; tries += 1) {
    const record = await storeRead('the session', context.store.load(id));
    // What was there at the first look, and is not any more, is removed: the sweep did it, or a try whose answer was lost.
    if (record === null && tries > 1) return forget(context, id);
    assertEnded(context, id, record);
    assertOurs(record);
    try {
      await context.store.remove(record);
      return forget(context, id);
    } catch (error) {
      const unsure = error instanceof Fenced || error instanceof OutcomeUnknown;
      if (unsure && tries < TRIES) continue;
      throw error instanceof HoldfastError
        ? error
        : new StoreError('the session could not be removed', error);
    }
  }
};

/** Throws `SessionNotFoundError` for an id that nobody was given, `SessionNotEndedError` for one that goes on. */
const assertEnded: (
  context: RuntimeContext,
  id: string,
  record: SessionRecord | null,
) => asserts record is SessionRecord = (context, id, record) => {
  const { hosts, newIds, takingBack, away, endingAway } = context;
  const host = hosts.get(id);
  // It is being made and has no id yet for anybody; or its create was lost, and it is being taken back.
  const nobodys = host?.record === null || takingBack.has(id) || newIds.has(id);
  if (nobodys || (record === null && host === undefined)) throw new SessionNotFoundError();
  const known = away.get(id);
  // One whose end is recorded, but not known to be yet: its process will look for the record.
  const ending = host !== undefined || (known !== undefined && endingAway.has(known));
  if (record === null || ending || record.state !== 'terminated') throw new SessionNotEndedError();
};

/** Throws `SessionUnreadableError`: what a newer version left, or cannot be read, is no tombstone that is known here. */
const assertOurs = (record: SessionRecord): void => {
  const { unreadable } = readRecord(record);
  if (unreadable !== null) throw unreadableError({ what: 'record', reason: unreadable });
};

const forget = ({ tombstones, staleReads }: RuntimeContext, id: string): void => {
  tombstones.delete(id);
  staleReads.left(id);
};
