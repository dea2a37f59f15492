import { SessionTerminatedError, TimeoutError } from '../../errors.ts';
import type { SessionHost } from '../host.ts';
import type { Application, RuntimeContext } from '../runtime-context.ts';
import { within } from './within.ts';

/**
 * Runs the one callback that can fail a session, within its time. Its signal is aborted when the time is over and when
 * the session's end begins first; either also ends the wait for it.
 */
export const initialize = async (
  context: RuntimeContext,
  host: SessionHost,
  callback: NonNullable<Application['initialize']>,
): Promise<void> => {
  if (host.reason !== null) throw new SessionTerminatedError(host.reason);
  const session = context.reference(host);
  const { initTimeoutMs } = context.settings;
  const stop = new AbortController();
  host.making = new AbortController();
  const { signal: ending } = host.making;
  let stopWaiting: () => void = () => undefined;
  const endFirst = new Promise<never>((_, reject) => {
    stopWaiting = () => {
      stop.abort(ending.reason);
      reject(new SessionTerminatedError(host.reason ?? 'init-failed'));
    };
  });
  ending.addEventListener('abort', stopWaiting, { once: true });
  const late = (): Error => new TimeoutError('initialize', initTimeoutMs);
  const call = (): void | Promise<void> => callback(session, stop.signal);
  const done = within(context.clock, initTimeoutMs, call, late, (error) => stop.abort(error));
  done.catch(() => undefined);
  try {
    await Promise.race([done, endFirst]);
  } finally {
    ending.removeEventListener('abort', stopWaiting);
    host.making = null;
  }
};
