import {
  AlreadyExistsError,
  CapacityError,
  DrainingError,
  OutcomeUnknown,
  SessionTerminatedError,
  StoreError,
} from '../errors.ts';
import { jittered } from '../identity/randomness.ts';
import { mintSessionId } from '../identity/session-id.ts';
import { LIMITS } from '../limits.ts';
import type { NewRecord, SessionRecord } from '../store/contract.ts';
import { flush, storedSession } from './commits.ts';
import { fileNext, resetSilence } from './filing.ts';
import { type PlaneEvent, SessionHost } from './host.ts';
import { move } from './lifecycle.ts';
import type { CheckedCreate } from './options.ts';
import { release } from './plane.ts';
import { discard } from './retire.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** The version of the shape of stored sessions. */
const SCHEMA = 1;

/**
 * Makes a session. Its slot is taken before the first await, so however many ask at once, none is let in
 * too many; its id leaves only once its record is durable; when that fails, nothing is left behind.
 */
export const createSession = async (
  context: RuntimeContext,
  principal: string | null,
  options: CheckedCreate,
): Promise<SessionHost> => {
  // Only an observer of XState's own events can call from inside the registry's turn; it waits its turn.
  while (context.registry.busy) await Promise.resolve();
  const host = admit(context, principal, options);
  host.committing = true;
  const first = newRecord(context, host);
  let record: SessionRecord;
  try {
    record = await write(context, first);
  } catch (error) {
    const { reason } = host;
    discard(context, host);
    if (error instanceof OutcomeUnknown) takeBack(context, first, 0);
    if (error instanceof AlreadyExistsError) throw error;
    if (reason !== null) throw new SessionTerminatedError(reason);
    throw new StoreError('the new session was not recorded', error);
  }
  host.record = record;
  host.committing = false;
  context.counters.created += 1;
  if (host.reason === null) move(context, host, { type: 'session.ready' });
  tellBirth(context, host);
  const { reason } = host;
  if (reason !== null) {
    // Its end began while its record was being written: that end is recorded now.
    void flush(context, host);
    throw new SessionTerminatedError(reason);
  }
  // However long the store took: its silence is not the client's.
  resetSilence(context, host);
  return host;
};

const admit = (
  context: RuntimeContext,
  principal: string | null,
  options: CheckedCreate,
): SessionHost => {
  const { clock, hosts, perPrincipal, settings, deadlines, registry } = context;
  const id = options.id ?? mintSessionId();
  if (hosts.has(id)) throw new AlreadyExistsError('A session of that id');
  const createdAt = clock.wall();
  const expiresAt = Number.isFinite(deadlines.maxLifetimeMs)
    ? createdAt + deadlines.maxLifetimeMs
    : null;
  const ofPrincipal = principal === null ? 0 : (perPrincipal.get(principal) ?? 0);
  const { maxResident, maxPerPrincipal } = settings;
  const actor = registry.spawn(
    id,
    { id, principal, expiresAt },
    { resident: hosts.size, maxResident, ofPrincipal, maxPerPrincipal },
  );
  if (actor === null) {
    context.counters.refused += 1;
    if (context.draining) throw new DrainingError(LIMITS.retryAfterMs);
    throw ofPrincipal >= maxPerPrincipal
      ? new CapacityError('maxPerPrincipal', maxPerPrincipal, LIMITS.retryAfterMs)
      : new CapacityError('maxResident', maxResident, LIMITS.retryAfterMs);
  }
  const { client, metadata, beats } = options;
  const mono = clock.mono();
  const seed = { id, principal, client, metadata, createdAt, expiresAt, beats, actor, mono };
  const host = new SessionHost(seed);
  hosts.set(id, host);
  if (principal !== null) perPrincipal.set(principal, ofPrincipal + 1);
  fileNext(context, host);
  return host;
};

const newRecord = (context: RuntimeContext, host: SessionHost): NewRecord => ({
  id: host.id,
  principal: host.principal,
  key: null,
  owner: context.owner,
  state: 'active',
  due: null,
  schema: SCHEMA,
  session: storedSession(host, null, null),
  snapshot: null,
});

/** Where the answer was lost, the store is asked whether the record is there. */
const write = async (context: RuntimeContext, record: NewRecord): Promise<SessionRecord> => {
  try {
    return await context.store.create(record);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
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
const takeBack = (context: RuntimeContext, record: NewRecord, failures: number): void => {
  const { id } = record;
  const { store, hosts, takingBack } = context;
  const waitMs = Math.min(LIMITS.commitRetryMs * 2 ** failures, LIMITS.commitRetryMaxMs);
  const again = (): void => {
    if (!context.closed) takeBack(context, record, Math.min(failures + 1, 20));
  };
  const attempt = async (): Promise<void> => {
    takingBack.delete(id);
    try {
      const found = await store.load(id);
      const host = hosts.get(id);
      // The same id is being tried again: what comes of that tells whose the record is.
      if (host?.record === null) return again();
      if (host !== undefined || found === null || !isAsWritten(found, record)) return;
      await store.remove(found);
    } catch {
      again();
    }
  };
  takingBack.get(id)?.unsubscribe();
  takingBack.set(id, context.clock.scheduler.schedule(attempt, jittered(waitMs)));
};

/** What a session tells of its birth, before anything that was told of it meanwhile. */
const tellBirth = (context: RuntimeContext, host: SessionHost): void => {
  const at = context.clock.wall();
  const born: PlaneEvent[] = [{ type: 'session.created' }];
  if (host.reason === null) {
    born.push(
      { type: 'session.ready' },
      { type: 'session.state-changed', from: 'initializing', to: 'active' },
    );
  }
  const birth = born.map((event) => ({ event, at, afterCommit: false }));
  host.untold = [...birth, ...(host.untold ?? [])];
  release(context, host, 0);
};
