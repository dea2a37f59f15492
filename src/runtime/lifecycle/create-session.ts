import {
  AlreadyExistsError,
  Fenced,
  InitializeError,
  OutcomeUnknown,
  SessionTerminatedError,
  StoreError,
} from '../../errors.ts';
import { admit, type Claim } from '../admission/admission.ts';
import { supervise } from '../behaviour/supervision.ts';
import { commit, flush } from '../commits/commits.ts';
import { initialData } from '../conversation/session-data.ts';
import type { CheckedCreate } from '../create-options.ts';
import type { PlaneEvent, SessionHost } from '../host.ts';
import { resetSilence } from '../liveness/filing.ts';
import { tell, tellFirst } from '../plane/plane.ts';
import { untilOpen } from '../residency/opening.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { firstRecord, takeBack, writeFirst } from './first-record.ts';
import { initialize } from './initialize.ts';
import { end, ended, move } from './lifecycle.ts';
import { discard } from './retire.ts';

/**
 * Makes a session. Its slot is taken before the first await, so however many ask at once, none is let in
 * too many; its id leaves only once its record is durable; when that fails, nothing is left behind.
 */
export const createSession = async (
  context: RuntimeContext,
  claim: Claim,
  options: CheckedCreate,
): Promise<SessionHost> => {
  // Only an observer of XState's own events can call from inside the registry's turn; it waits its turn.
  while (context.registry.busy) await Promise.resolve();
  if (context.opening !== null) await untilOpen(context);
  const host = await admit(context, claim, options);
  // It is in the first record, and starts when the session is ready.
  host.behaviour = supervise(context, host, options.behaviour, options.input);
  await record(context, host, options.data);
  const { initialize: callback } = context.application;
  if (callback) {
    tellFirst(context, host, [{ type: 'session.created' }]);
    await makeReady(context, host, () => initialize(context, host, callback));
  } else {
    if (host.reason === null) move(context, host, { type: 'session.ready' });
    tellFirst(context, host, host.reason === null ? BORN_READY : [{ type: 'session.created' }]);
  }
  const { reason } = host;
  if (reason !== null) {
    // Its end began while it was being made: that end is recorded now.
    void flush(context, host);
    throw new SessionTerminatedError(reason);
  }
  // However long that took: it was not the client's silence.
  resetSilence(context, host);
  host.made = true;
  host.behaviour?.start();
  return host;
};

const READY: readonly PlaneEvent[] = [
  { type: 'session.ready' },
  { type: 'session.state-changed', from: 'initializing', to: 'active' },
];
const BORN_READY: readonly PlaneEvent[] = [{ type: 'session.created' }, ...READY];

/** Writes its first record, or takes everything back. */
const record = async (
  context: RuntimeContext,
  host: SessionHost,
  given: unknown,
): Promise<void> => {
  host.committing = true;
  try {
    host.data = await initialData(context, given);
    host.shownData = host.data;
  } catch (error) {
    discard(context, host);
    throw error;
  }
  const first = firstRecord(context, host);
  try {
    host.record = await writeFirst(context, first);
  } catch (error) {
    const { reason } = host;
    const lost = error instanceof OutcomeUnknown;
    discard(context, host, lost);
    if (lost) takeBack(context, first, 0);
    if (error instanceof AlreadyExistsError) throw error;
    if (reason !== null) throw new SessionTerminatedError(reason);
    throw new StoreError('the new session was not recorded', error);
  }
  host.committing = false;
  context.counters.created += 1;
};

/** Runs `initialize`; its outcome is recorded before anybody gets the session. */
const makeReady = async (
  context: RuntimeContext,
  host: SessionHost,
  run: () => Promise<void>,
): Promise<void> => {
  void flush(context, host);
  let failure: InitializeError | null = null;
  try {
    await run();
  } catch (error) {
    failure = new InitializeError(error);
  }
  // Another owner won it while it was being made ready: it goes on there, and its end would never be answered here.
  if (host.released) throw new Fenced(host.id);
  if (host.reason !== null) return;
  if (failure !== null) {
    end(context, host, { type: 'session.failed' });
    await ended(context, host).catch(() => undefined);
    throw failure;
  }
  move(context, host, { type: 'session.ready' });
  for (const event of READY) tell(context, host, event, true);
  try {
    await commit(context, host);
  } catch (error) {
    // Nobody has it and nobody would get it: it ends, however long that takes to record.
    end(context, host, { type: 'session.terminate', reason: 'init-failed' });
    throw error;
  }
};
