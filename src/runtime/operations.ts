import {
  DrainingError,
  SessionPausedError,
  SessionTerminatedError,
  TimeoutError,
} from '../errors.ts';
import { newUuid } from '../identity/randomness.ts';
import { LIMITS } from '../limits.ts';
import type { OperationOutcome } from '../observe/events.ts';
import { isReceiving } from '../xstate/session-actor.ts';
import { checkedDuration } from './deadlines.ts';
import { fileNext } from './filing.ts';
import type { Operation, SessionHost } from './host.ts';
import { afterTurn, assertOpen } from './lifecycle.ts';
import { touch } from './liveness.ts';
import { tell } from './plane.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session } from './session.ts';
import type { OperationContext, OperationOptions } from './work.ts';
import { WorkQueue } from './work-queue.ts';

/** Runs work that has an answer due. See `Session.run`. */
export const run = async <T>(
  context: RuntimeContext,
  host: SessionHost,
  session: Session,
  name: string,
  fn: (operation: OperationContext) => T | Promise<T>,
  options: OperationOptions,
): Promise<T> => {
  const timeoutMs = checkedDuration('timeoutMs', options.timeoutMs ?? LIMITS.operationTimeoutMs, 1);
  if (isReceiving(host.actor)) await afterTurn(host);
  assertTakesWork(context, host);
  options.signal?.throwIfAborted();
  touch(context, host);
  // A listener that heard of the activity may have paused or ended it.
  assertTakesWork(context, host);

  const controller = new AbortController();
  const operation = newUuid();
  let settle: (outcome: OperationOutcome) => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (reason: unknown): void => {
      // Told at once, so that nothing of an operation is told after the end of its session.
      settle(reason instanceof TimeoutError ? 'timed-out' : 'aborted');
      // Before the signal: what the work makes of it is not what the caller is told.
      reject(reason);
      controller.abort(reason);
    };
    const since = context.clock.wall();
    const entry = { id: operation, name, durable: false, state: 'running', since, abort } as const;
    settle = begin(context, host, entry, timeoutMs, options.signal);
    tell(context, host, { type: 'session.operation-started', operation, name }, false);
  });
  // Where `fn` ends the session and throws in one go, nobody is left to hear of the abort.
  aborted.catch(() => undefined);
  try {
    const { signal } = controller;
    // A listener that heard of its start may have aborted it already.
    const work = signal.aborted ? aborted : Promise.resolve(fn({ operation, signal, session }));
    const result = await Promise.race([work, aborted]);
    settle('done');
    return result;
  } catch (error) {
    settle('failed');
    throw error;
  }
};

const assertTakesWork = (context: RuntimeContext, host: SessionHost): void => {
  assertOpen(host);
  if (host.state === 'paused') throw new SessionPausedError();
  if (context.draining) throw new DrainingError(LIMITS.retryAfterMs);
  // Its lifetime is over; it is only kept for the work that still runs.
  if (host.expiresAt !== null && context.clock.wall() >= host.expiresAt) {
    throw new SessionTerminatedError('max-lifetime');
  }
};

/** Counts an operation in, watches its time and its caller; returns what ends it, the first time it is called. */
const begin = (
  context: RuntimeContext,
  host: SessionHost,
  operation: Operation,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): ((outcome: OperationOutcome) => void) => {
  const { id, name } = operation;
  host.work ??= new WorkQueue();
  host.work.add(operation);
  host.inFlight += 1;
  context.inFlight += 1;
  context.counters.operationsStarted += 1;
  const timedOut = (): void =>
    operation.abort(new TimeoutError(`The operation ${JSON.stringify(name)}`, timeoutMs));
  const timeout = Number.isFinite(timeoutMs)
    ? context.clock.scheduler.schedule(timedOut, timeoutMs)
    : null;
  const callerAborts = (): void => operation.abort(signal?.reason);
  signal?.addEventListener('abort', callerAborts, { once: true });
  return (outcome) => {
    if (host.work?.remove(id) !== true) return;
    timeout?.unsubscribe();
    signal?.removeEventListener('abort', callerAborts);
    finish(context, host, { id, name }, outcome);
  };
};

const finish = (
  context: RuntimeContext,
  host: SessionHost,
  { id, name }: { id: string; name: string },
  outcome: OperationOutcome,
): void => {
  if (host.work?.size === 0) host.work = null;
  host.inFlight -= 1;
  context.inFlight -= 1;
  context.counters.operationsFinished += 1;
  host.quietSince = context.clock.mono();
  tell(context, host, { type: 'session.operation-finished', operation: id, name, outcome }, false);
  // The silence deadlines it held off count from here.
  if (host.inFlight === 0 && host.reason === null) fileNext(context, host);
  if (context.inFlight === 0) context.onQuiet?.();
};
