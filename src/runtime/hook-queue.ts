import { TimeoutError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Hooks } from './hooks.ts';
import type { SessionHost } from './host.ts';
import { reportError } from './report-error.ts';
import type { RuntimeContext } from './runtime-context.ts';
import { within } from './within.ts';

/** The hooks of one session that wait or run: one after another, in the order of what they tell. */
export interface HookQueue {
  readonly waiting: (() => Promise<void>)[];
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
  const queue = host.hooks ?? { waiting: [], drained: Promise.resolve() };
  if (queue.waiting.length >= LIMITS.queuedHooks) {
    const error = new Error(`${LIMITS.queuedHooks} hooks wait: this one was not run.`);
    reportError(context, host, name, error);
    return;
  }
  queue.waiting.push(() => runHook(context, host, name, () => call(hook)));
  if (host.hooks !== null) return;
  host.hooks = queue;
  queue.drained = work(host, queue);
};

/** Settles when the hooks of a session queued so far have run. */
export const hooksDrained = (host: SessionHost): Promise<void> =>
  host.hooks?.drained ?? Promise.resolve();

/** Runs one hook within its time. Never rejects: what it throws is reported. */
export const runHook = async (
  context: RuntimeContext,
  host: SessionHost,
  name: string,
  call: () => void | Promise<void>,
): Promise<void> => {
  const { hookTimeoutMs } = context.settings;
  try {
    await within(context.clock, hookTimeoutMs, call, () => new TimeoutError(name, hookTimeoutMs));
  } catch (error) {
    reportError(context, host, name, error);
  }
};

const work = async (host: SessionHost, queue: HookQueue): Promise<void> => {
  // A hook is never called in the middle of what it is told of.
  await Promise.resolve();
  for (;;) {
    const next = queue.waiting.shift();
    if (next === undefined) break;
    await next();
  }
  host.hooks = null;
};
