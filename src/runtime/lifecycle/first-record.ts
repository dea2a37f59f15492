import { AlreadyExistsError, OutcomeUnknown, StoreError } from '../../errors.ts';
import type { NewRecord, SessionRecord } from '../../store/contract.ts';
import { RECORD_SCHEMA } from '../../store/envelope/read-record.ts';
import { retryDelayMs } from '../commits/retry-delay.ts';
import { storeFailed, storeWorks } from '../commits/store-trouble.ts';
import { storedSession } from '../commits/stored-session.ts';
import type { SessionHost } from '../host.ts';
import { storedDue } from '../residency/stored-due.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** What is told once the first record is there: see `create-session.ts`. */
const BORN_READY = 3;
const CREATED = 1;

/**
 * A session's first record. Its end may have begun meanwhile (a drain, its lifetime): the record says so, or whoever finds
 * it after a crash would take it for one that has a reason to end and goes on.
 */
export const firstRecord = (context: RuntimeContext, host: SessionHost): NewRecord => {
  const made = context.application.initialize === null ? 'active' : 'initializing';
  const state = host.reason === null ? made : 'terminating';
  return {
    id: host.id,
    principal: host.principal,
    key: host.key,
    owner: context.owner,
    state,
    due: storedDue(context, host, state),
    schema: RECORD_SCHEMA,
    session: {
      ...storedSession(context, host),
      eventSeq: state === 'active' ? BORN_READY : CREATED,
    },
    snapshot: context.store.durable ? (host.behaviour?.keep(null) ?? null) : null,
  };
};

/** Where the answer was lost, the store is asked whether the record is there. */
export const writeFirst = async (
  context: RuntimeContext,
  record: NewRecord,
): Promise<SessionRecord> => {
  try {
    const made = await context.store.create(record);
    storeWorks(context);
    return made;
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) {
      storeFailed(context, error);
      throw error;
    }
    const found = await context.store.load(record.id).catch(() => {
      throw error;
    });
    if (found === null) throw new StoreError('the record is not there', error);
    if (!isAsWritten(found, record)) throw new AlreadyExistsError('A session of that id');
    return found;
  }
};

/** Whether this is what such a create left, and no other session of that id: one that ended, or another owner's. */
const isAsWritten = (found: SessionRecord, record: NewRecord): boolean =>
  found.owner === record.owner &&
  found.epoch === 1 &&
  found.state === record.state &&
  found.principal === record.principal;

/** A create that failed leaves nothing: where the store could not say, it is asked until it can. */
export const takeBack = (context: RuntimeContext, record: NewRecord, failures: number): void => {
  const { id } = record;
  const { store, hosts, takingBack } = context;
  const again = (): void => {
    if (!context.closed) takeBack(context, record, failures + 1);
  };
  const over = (): void => {
    takingBack.delete(id);
    context.census?.remove(record.principal);
  };
  const attempt = async (): Promise<void> => {
    try {
      const found = await store.load(id);
      const host = hosts.get(id);
      // The same id is being tried again: what comes of that tells whose the record is.
      if (host?.record === null) return again();
      if (host !== undefined || found === null || !isAsWritten(found, record)) return over();
      await store.remove(found);
      over();
    } catch {
      again();
    }
  };
  takingBack.get(id)?.unsubscribe();
  const afterMs = retryDelayMs(context, failures);
  takingBack.set(id, context.clock.scheduler.schedule(attempt, afterMs));
};
