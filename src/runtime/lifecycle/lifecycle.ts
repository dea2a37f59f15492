import type { EndReason, SessionEvent, SessionState } from '../../../machines/index.ts';
import {
  Fenced,
  SessionNotReadyError,
  SessionPausedError,
  SessionTerminatedError,
  StoreError,
} from '../../errors.ts';
import { planted } from '../../planted.ts';
import { isReceiving, sendToSession } from '../../xstate/session-actor.ts';
import { commit, flush, settled } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { fileNext, resetSilence } from '../liveness/filing.ts';
import { tell } from '../plane/plane.ts';
import { assertRecordReadable } from '../residency/readable.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { needsCleanup, tellEnd } from './cleanup.ts';

/**
 * Lets the chart hear an event; whether it took it. A pair the chart does not know is ignored and counted. An
 * actor that throws did not take it either: its end has begun by then (see `crash`).
 */
export const move = (context: RuntimeContext, host: SessionHost, event: SessionEvent): boolean => {
  const reception = sendToSession(host.actor, event);
  if (host.crashed) return false;
  if (reception !== 'ignored') return true;
  context.counters.ignored += 1;
  return false;
};

/**
 * An observer of the actor may call the session from the middle of its actor's turn. The call waits for the
 * turn to be over, a microtask later, so that it sees what it did.
 */
export const afterTurn = async (host: SessionHost): Promise<void> => {
  while (isReceiving(host.actor)) await Promise.resolve();
};

/** Throws unless the session can still be given something to do. */
export const assertOpen = (host: SessionHost): void => {
  if (host.released) throw new Fenced(host.id);
  const { reason } = host;
  if (reason !== null) throw new SessionTerminatedError(reason);
  assertRecordReadable(host);
};

/** Sets a session aside. See `Session.pause`. */
export const pause = async (
  context: RuntimeContext,
  host: SessionHost,
  abort: boolean,
): Promise<void> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  assertOpen(host);
  const from = host.state;
  if (from === 'paused') return settled(context, host);
  if (from === 'initializing') throw new SessionNotReadyError();
  if (!move(context, host, { type: 'session.pause' })) return assertOpen(host);
  host.pausedAt = planted('axes-mixed') ? context.clock.mono() : context.clock.wall();
  host.restingSince = context.clock.mono();
  fileNext(context, host);
  tell(context, host, { type: 'session.state-changed', from, to: 'paused' }, true);
  tell(context, host, { type: 'session.paused' }, true);
  if (abort) abortOperations(host, new SessionPausedError());
  return commit(context, host);
};

/** Takes a session up again. See `Session.resume`. */
export const resume = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  assertOpen(host);
  if (host.state !== 'paused') return settled(context, host);
  if (!move(context, host, { type: 'session.resume', at: context.clock.wall() })) {
    assertOpen(host);
    // The only guard is the lifetime; its own deadline ends the session within a tick.
    throw new SessionTerminatedError('max-lifetime');
  }
  // It is not put away now, and what is recorded of this is not to say so.
  if (host.residency === 'hibernating') host.residency = 'resident';
  tell(context, host, { type: 'session.state-changed', from: 'paused', to: 'active' }, true);
  tell(context, host, { type: 'session.resumed' }, true);
  // Behind these in the row: what a listener makes of a recovery comes after the resume.
  if (planted('resume-without-reset')) fileNext(context, host);
  else resetSilence(context, host);
  const recorded = commit(context, host);
  // What waited for its place when it was paused waited on.
  host.work?.fillPlaces();
  return recorded;
};

/** Ends a session, or joins its running end. Resolves with the first reason, once the end is recorded. */
export const terminate = async (
  context: RuntimeContext,
  host: SessionHost,
  reason: EndReason,
): Promise<EndReason> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  if (host.released) throw new Fenced(host.id);
  if (host.reason === null) end(context, host, { type: 'session.terminate', reason });
  await ended(context, host);
  return host.reason ?? reason;
};

/** Settles with the end of a session: rejects when a try to record it fails, although that goes on. */
export const ended = (context: RuntimeContext, host: SessionHost): Promise<void> => {
  if (host.shown === 'terminated') return Promise.resolve();
  if (context.closed)
    return Promise.reject(new StoreError('the runtime is closed', undefined, false));
  const outcome = new Promise<void>((resolve, reject) => {
    host.endWaiters ??= [];
    host.endWaiters.push({ resolve, reject });
  });
  // A try that is only waiting for its turn is made now, for whoever asks.
  void flush(context, host);
  return outcome;
};

/**
 * Begins the end of a session: at once for everybody who calls it, on the session plane once it is recorded. Nobody has
 * to wait for it: its failures are retried, and told as `runtime.store-failing`.
 */
export const end = (context: RuntimeContext, host: SessionHost, event: SessionEvent): void => {
  const from = host.state;
  if (!move(context, host, event) || host.reason === null) return;
  conclude(context, host, from, host.reason);
};

/** Ends a session whose actor threw: its chart is gone, so its end is recorded without it. */
export const crash = (context: RuntimeContext, host: SessionHost): void => {
  if (host.crashed || host.released) return;
  const from = host.state;
  const begun = host.reason !== null;
  host.crashed = true;
  // Where its end had begun already, that one goes on.
  if (!begun) conclude(context, host, from, 'crashed');
};

const conclude = (
  context: RuntimeContext,
  host: SessionHost,
  from: SessionState,
  reason: EndReason,
): void => {
  host.endedAt = context.clock.wall();
  host.sessionDirty = true;
  context.wheel.remove(host);
  context.idle.remove(host);
  // Whoever hears of an abort may ask for the end: it is not recorded before it is in the row to its last event.
  const { committing } = host;
  host.committing = true;
  // An error costs its stack trace: most sessions end with nobody to hand it to.
  if (host.ending !== null || host.making !== null || host.work !== null) {
    const over = new SessionTerminatedError(reason);
    host.ending?.abort(over);
    host.making?.abort(over);
    abortOperations(host, over);
  }
  host.behaviour?.stop();
  tell(context, host, { type: 'session.state-changed', from, to: 'terminating' }, true);
  if (!needsCleanup(context)) tellEnd(context, host);
  host.committing = committing;
  commit(context, host).catch(() => undefined);
};

const abortOperations = (host: SessionHost, reason: unknown): void => {
  for (const operation of host.work?.list() ?? []) operation.abort(reason);
};
