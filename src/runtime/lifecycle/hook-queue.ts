import { TimeoutError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { SessionHost } from '../host.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Hooks } from './hooks.ts';
import { within } from './within.ts';

/** The hooks of one session that wait or run: one after another, in the order of what they tell. */
export interface HookQueue {
  readonly waiting: (() => Promise<void>)[];
  /** Mono time at which the one that runs was started; `null` before the first. */
  runningSince: number | null;
  /** Settles when the hooks queued so far have run. */
  drained: Promise<void>;
}

/** The hooks that only tell. `onTerminated` is waited for, so it is called where the end is. */
type Telling = Exclude<keyof Hooks, 'onError' | 'onTerminated'>;

/** Queues a hook of a session. It observes: what becomes of it changes nothing. */
export const queueHook = <Name extends Telling>(
  context: RuntimeContext,
  host: SessionHost,
  name: Name,
  call: (hook: NonNullable<Hooks[Name]>) => void | Promise<void>,
): void => {
  const hook = context.application.hooks[name];
  if (hook === undefined) return;
  const queue = host.hooks ?? { waiting: [], runningSince: null, drained: Promise.resolve() };
  if (queue.waiting.length >= LIMITS.queuedHooks) {
    const error = new Error(`${LIMITS.queuedHooks} hooks wait: this one was not run.`);
    reportError(context, host, name, error);
    return;
  }
  queue.waiting.push(() => {
    queue.runningSince = context.clock.mono();
    return runHook(context, host, name, () => call(hook));
  });
  if (host.hooks !== null) return;
  host.hooks = queue;
  queue.drained = work(context, host, queue);
};

/**
 * Settles when the hooks of a session have run, but not later than the time one of them has. Those that still wait
 * then are not run, and that is reported: however many hang, they do not hold the end of a session.
 */
export const hooksOver = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  const { hooks: queue } = host;
  if (queue === null) return;
  const { hookTimeoutMs } = context.settings;
  const late = (): Error => new TimeoutError('The hooks of an ending session', hookTimeoutMs);
  try {
    await within(context.clock, hookTimeoutMs, () => queue.drained, late);
  } catch {
    const left = queue.waiting.splice(0).length;
    if (left === 0) return;
    const error = new Error(`${left} hooks still waited at the end: they were not run.`);
    reportError(context, host, 'hooks', error);
  }
};

/** Runs one hook within its time. Never rejects: what it throws is reported. */
export const runHook = async (
  context: RuntimeContext,
  host: SessionHost,
  name: string,
  call: () => void | Promise<void>,
): Promise<void> => {
  const { hookTimeoutMs } = context.settings;
  const late = (): Error => new TimeoutError(name, hookTimeoutMs);
  const { whenClosed } = context;
  let close: (error: Error) => void = () => undefined;
  const closed = new Promise<never>((_, reject) => {
    close = reject;
  });
  closed.catch(() => undefined);
  whenClosed.add(close);
  try {
    await within(context.clock, hookTimeoutMs, call, late, undefined, closed);
  } catch (error) {
    // A closed runtime waits for no hook.
    if (!context.closed) reportError(context, host, name, error);
  } finally {
    whenClosed.delete(close);
  }
};

const work = async (
  context: RuntimeContext,
  host: SessionHost,
  queue: HookQueue,
): Promise<void> => {
  // A hook is never called in the middle of what it is told of.
  await Promise.resolve();
  for (;;) {
    const next = queue.waiting.shift();
    // Where another owner won it, the session goes on there, and so do its hooks. A closed runtime calls nobody.
    if (next === undefined || host.released || context.closed) break;
    await next();
  }
  host.hooks = null;
};
