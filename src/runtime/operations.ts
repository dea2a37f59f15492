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
import type { OperationContext, OperationOptions, Session } from './session.ts';

/** Runs work that has an answer due. See `Session.run`. */
export const run = async <T>(
  context: RuntimeContext,
  host: SessionHost,
  session: Session,
  name: string,
  fn: (operation: OperationContext) => T | Promise<T>,
  options: OperationOptions,
): Promise<T> => {
  const timeoutMs = checkedDuration('timeoutMs', options.timeoutMs ?? LIMITS.operationTimeoutMs);
  if (isReceiving(host.actor)) await afterTurn(host);
  assertTakesWork(context, host);
  options.signal?.throwIfAborted();
  touch(context, host);

  const controller = new AbortController();
  const id = newUuid();
  let abort: (reason: unknown) => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = (reason) => {
      controller.abort(reason);
      reject(reason);
    };
  });
  begin(context, host, { id, name, abort });
  const timeout = Number.isFinite(timeoutMs)
    ? context.clock.scheduler.schedule(
        () => abort(new TimeoutError(`The operation ${JSON.stringify(name)}`, timeoutMs)),
        timeoutMs,
      )
    : null;
  const callerAborts = (): void => abort(options.signal?.reason);
  options.signal?.addEventListener('abort', callerAborts, { once: true });

  let outcome: OperationOutcome = 'done';
  try {
    const work = Promise.resolve(fn({ operation: id, signal: controller.signal, session }));
    return await Promise.race([work, aborted]);
  } catch (error) {
    outcome = outcomeOf(controller.signal, error);
    throw error;
  } finally {
    timeout?.unsubscribe();
    options.signal?.removeEventListener('abort', callerAborts);
    finish(context, host, { id, name }, outcome);
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

const begin = (context: RuntimeContext, host: SessionHost, operation: Operation): void => {
  host.operations ??= new Map();
  host.operations.set(operation.id, operation);
  host.inFlight += 1;
  context.inFlight += 1;
  const { id, name } = operation;
  tell(context, host, { type: 'session.operation-started', operation: id, name }, false);
};

const finish = (
  context: RuntimeContext,
  host: SessionHost,
  operation: { id: string; name: string },
  outcome: OperationOutcome,
): void => {
  host.operations?.delete(operation.id);
  if (host.operations?.size === 0) host.operations = null;
  host.inFlight -= 1;
  context.inFlight -= 1;
  host.quietSince = context.clock.mono();
  const { id, name } = operation;
  tell(context, host, { type: 'session.operation-finished', operation: id, name, outcome }, false);
  // The silence deadlines it held off count from here.
  if (host.inFlight === 0 && host.reason === null) fileNext(context, host);
  if (context.inFlight === 0) context.onQuiet?.();
};

const outcomeOf = (signal: AbortSignal, error: unknown): OperationOutcome => {
  if (!signal.aborted) return 'failed';
  return error instanceof TimeoutError && error === signal.reason ? 'timed-out' : 'aborted';
};
