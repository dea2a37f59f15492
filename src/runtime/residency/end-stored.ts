import {
  type EndDeadline,
  type EndReason,
  REASON_OF_DEADLINE,
  type SessionEvent,
} from '../../../machines/index.ts';
import { Fenced, StoreError } from '../../errors.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { commit } from '../commits/commits.ts';
import { retryDelayMs } from '../commits/retry-delay.ts';
import type { SessionHost } from '../host.ts';
import { needsCleanup, tellEnd } from '../lifecycle/cleanup.ts';
import { end, ended, terminate } from '../lifecycle/lifecycle.ts';
import { dueOf, fileNext } from '../liveness/filing.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { claim, giveUp } from './claim.ts';
import { untilOpen } from './opening.ts';
import { assertRecordReadable } from './readable.ts';

/*
 * A stored session is ended without being woken: its chart says what becomes of it, its record says why, and `cleanup`
 * and the hooks run as for any other. It takes no slot, and its behaviour is not started.
 */

/** What is to end it, asked once its newest record is here; `null`: nothing, any more. */
type Cause = () => SessionEvent | null;

/**
 * Begins the end of a stored session, or goes on with one that was begun: `ended` tells when it is recorded. Resolves also
 * where it is not to end any more, or was woken first. Rejects like `claim`; a record that cannot be read is not touched.
 */
export const endStored = (
  context: RuntimeContext,
  host: SessionHost,
  cause: Cause,
): Promise<void> =>
  context.lanes.run(host, async () => {
    if (host.residency !== 'stored' || isOver(context, host)) return;
    assertRecordReadable(host);
    await untilOpen(context);
    const record = await claim(context, host);
    if (beginEnd(context, host, record, cause)) return;
    fileNext(context, host);
    await giveUp(context, record);
  });

/** The deadline that is over for a stored session, as its chart is told of it; `null`: none is. */
export const overdue = (context: RuntimeContext, host: SessionHost): SessionEvent | null => {
  const { what, at } = dueOf(context, host, context.clock.mono());
  if (at > context.clock.mono() || !Object.hasOwn(REASON_OF_DEADLINE, what)) return null;
  const deadline = what as EndDeadline; // One of the table's names, as was just checked.
  return { type: 'session.due', deadline, inFlight: 0, at: context.clock.wall() };
};

/**
 * Begins the end of a session whose record was just claimed, where there is a cause, or goes on with one that another
 * process began. Returns whether it ends, or has ended.
 */
export const beginEnd = (
  context: RuntimeContext,
  host: SessionHost,
  record: SessionRecord,
  cause: Cause,
): boolean => {
  if (record.state === 'terminated') {
    context.wheel.remove(host);
    context.away.delete(host);
    return true;
  }
  context.endingAway.add(host);
  if (host.reason !== null) {
    context.wheel.remove(host);
    // Another process began its end, and did not live to finish it.
    if (!needsCleanup(context)) tellEnd(context, host);
    commit(context, host).catch(() => undefined);
    return true;
  }
  const event = record.state === 'initializing' ? FAILED : cause();
  if (event !== null) end(context, host, event);
  if (host.reason === null) context.endingAway.delete(host);
  return host.reason !== null;
};

/** Its process did not live to make it ready: nobody was given it. */
const FAILED: SessionEvent = { type: 'session.failed' };

/** It ended, is ending here, or was lost. */
const isOver = (context: RuntimeContext, host: SessionHost): boolean =>
  host.shown === 'terminated' || context.endingAway.has(host) || host.released;

/**
 * `Session.terminate` of a session wherever it is. Where the record of a stored one cannot be had, the caller is told, and
 * it is tried again: an end that was asked for comes.
 */
export const terminateAnywhere = async (
  context: RuntimeContext,
  host: SessionHost,
  reason: EndReason,
  failures = 0,
): Promise<EndReason> => {
  for (;;) {
    if (host.released) throw new Fenced(host.id);
    if (!host.isAway) return terminate(context, host, reason);
    if (!isOver(context, host)) {
      try {
        await endStored(context, host, () => ({ type: 'session.terminate', reason }));
      } catch (error) {
        if (error instanceof StoreError && error.retryable) {
          terminateLater(context, host, reason, failures);
        }
        throw error;
      }
    }
    if (host.reason === null) continue;
    await ended(context, host);
    return host.reason;
  }
};

const terminateLater = (
  context: RuntimeContext,
  host: SessionHost,
  reason: EndReason,
  failures: number,
): void => {
  const { endLater, clock } = context;
  // One try to come is enough, however many asked.
  if (context.closed || endLater.has(host)) return;
  const retry = (): void => {
    endLater.delete(host);
    terminateAnywhere(context, host, reason, failures + 1).catch(() => undefined);
  };
  endLater.set(host, clock.scheduler.schedule(retry, retryDelayMs(context, failures)));
};
