import {
  AlreadyExistsError,
  DrainingError,
  InvalidOptionError,
  SessionBusyError,
  SessionPausedError,
  SessionTerminatedError,
} from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import type { SessionHost } from '../host.ts';
import { refuseUnknown } from '../known-options.ts';
import { afterTurn, assertOpen } from '../lifecycle/lifecycle.ts';
import { checkedDuration } from '../liveness/deadlines.ts';
import { touch } from '../liveness/liveness.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Session } from '../session.ts';
import { type OperationPlan, RunningOperation, type Task } from './operation.ts';
import type { OperationContext, OperationOptions } from './work.ts';
import { WorkQueue } from './work-queue.ts';

/** Runs work that has an answer due. See `Session.run`. */
export const run = async (
  context: RuntimeContext,
  host: SessionHost,
  session: Session,
  name: string,
  fn: (operation: OperationContext) => unknown,
  options: OperationOptions,
): Promise<unknown> => {
  const plan = checkedPlan(context, name, options);
  return submit(context, host, { name, session, work: fn, journal: null }, plan);
};

/** Checks how an operation is to be run. Throws `InvalidOptionError`. */
export const checkedPlan = (
  context: RuntimeContext,
  name: unknown,
  options: OperationOptions,
): OperationPlan => {
  refuseUnknown('run', options);
  const { id, signal, timeoutMs = LIMITS.operationTimeoutMs } = options;
  checkedName('name', name);
  if (id !== undefined) checkedName('id', id);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InvalidOptionError('signal', signal, 'an AbortSignal');
  }
  return {
    id: id ?? context.randomness.uuid(),
    timeoutMs: checkedDuration('timeoutMs', timeoutMs, 1),
    signal: signal ?? null,
  };
};

/** Takes an operation on: it runs now, or waits for its place. Resolves with what its caller gets. */
export const submit = async (
  context: RuntimeContext,
  host: SessionHost,
  task: Task,
  plan: OperationPlan,
): Promise<unknown> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  assertTakesWork(context, host, plan.id);
  plan.signal?.throwIfAborted();
  touch(context, host);
  // A listener that heard of the activity may have paused or ended it, given it work, or aborted this.
  assertTakesWork(context, host, plan.id);
  plan.signal?.throwIfAborted();

  const operation = new RunningOperation(context, host, task, plan);
  host.work ??= new WorkQueue(context.settings.maxConcurrentOperations, () => startsWork(host));
  host.work.add(operation);
  host.inFlight += 1;
  context.inFlight += 1;
  host.work.fillPlaces();
  return operation.result;
};

const checkedName = (option: string, value: unknown): void => {
  const most = LIMITS.operationNameLength;
  if (typeof value === 'string' && value.length > 0 && value.length <= most) return;
  throw new InvalidOptionError(option, value, `a text of 1 to ${most} characters`);
};

/** Throws unless one more operation of that id may be taken on. */
const assertTakesWork = (context: RuntimeContext, host: SessionHost, id: string): void => {
  assertOpen(host);
  if (host.state === 'paused') throw new SessionPausedError();
  if (context.draining) throw new DrainingError(LIMITS.retryAfterMs);
  // Its lifetime is over; it is only kept for the work that still runs.
  if (host.expiresAt !== null && context.clock.wall() >= host.expiresAt) {
    throw new SessionTerminatedError('max-lifetime');
  }
  const { work } = host;
  if (work === null) return;
  if (work.get(id) !== undefined) throw new AlreadyExistsError('An operation of that id');
  if (work.queued >= context.settings.maxQueuedOperations) {
    throw new SessionBusyError(work.running, work.queued);
  }
};

/**
 * Whether an operation that waits may start. While the session is paused it waits on, with its time-out running: a pause
 * lets finish what runs, and this does not run yet. A drain, or the end of the lifetime, refuses new work but lets this
 * start: it was taken on before.
 */
const startsWork = (host: SessionHost): boolean =>
  host.reason === null && !host.released && host.state !== 'paused';
