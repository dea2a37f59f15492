import { Fenced, OutcomeUnknown, SessionNotFoundError, StoreError } from '../../errors.ts';
import type { SessionRecord } from '../../store/contract.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { assertRecordReadable } from './readable.ts';
import { refreshToClaim } from './stored-host.ts';

/** How often it is asked again where the answer was lost: whoever holds a record may claim it again. */
const TRIES = 3;

/**
 * Takes a stored session's record for this process, and brings what is known of the session up to it. Rejects with
 * `SessionNotFoundError` where it is not there any more, `Fenced` where another process has it, `StoreError`;
 * `SessionUnreadableError` where a newer process wrote it meanwhile: it is given up again. Resolves with the record in
 * the present shape.
 */
export const claim = async (context: RuntimeContext, host: SessionHost): Promise<SessionRecord> => {
  const record = await claimed(context, host.id);
  if (record === null) {
    context.wheel.remove(host);
    context.away.delete(host);
    throw new SessionNotFoundError();
  }
  const readable = refreshToClaim(context, host, record);
  try {
    assertRecordReadable(host);
  } catch (error) {
    await giveUp(context, record);
    throw error;
  }
  return readable;
};

const claimed = async (context: RuntimeContext, id: string): Promise<SessionRecord | null> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await context.store.claim(id, context.owner);
    } catch (error) {
      if (error instanceof Fenced) throw error;
      if (error instanceof OutcomeUnknown && tries < TRIES) continue;
      throw new StoreError('the session could not be taken into memory', error);
    }
  }
};

/** Gives it up again. What fails is mended by the next claim. */
export const giveUp = async (context: RuntimeContext, record: SessionRecord): Promise<void> =>
  context.store.release(record).catch(() => undefined);
