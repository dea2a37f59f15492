import { SESSION_STATES, type SessionState } from '../../machines/index.ts';
import { Fenced, InvalidOptionError, SessionTerminatedError, TimeoutError } from '../errors.ts';
import type { Listener, SessionLifecycleEvent } from '../observe/events.ts';
import type { SessionHost } from './host.ts';
import { refuseUnknown } from './known-options.ts';
import { checkedDuration } from './liveness/deadlines.ts';
import type { RuntimeContext } from './runtime-context.ts';
import { closedFirst } from './until-closed.ts';
import { onAbort } from './work/shared-abort.ts';

/** How long, and until when, a state is waited for. */
export interface WaitForOptions {
  /** ms, above 0; default `'off'`. */
  readonly timeoutMs?: number | 'off';
  readonly signal?: AbortSignal;
}

/** Waits until the session plane shows one of these states. See `Session.waitFor`. */
export const waitFor = async (
  context: RuntimeContext,
  host: SessionHost,
  state: SessionState | readonly SessionState[],
  options: WaitForOptions,
): Promise<SessionState> => {
  const wanted = checkedStates(state);
  refuseUnknown('waitFor', options);
  const timeoutMs = checkedDuration('timeoutMs', options.timeoutMs ?? 'off');
  const { signal } = options;
  signal?.throwIfAborted();
  if (wanted.includes(host.shown)) return host.shown;
  if (host.shown === 'terminated') throw new SessionTerminatedError(host.reason ?? 'shutdown');
  if (host.released) throw new Fenced(host.id);
  if (context.closed) throw closedFirst();

  let stop: () => void = () => undefined;
  try {
    return await new Promise<SessionState>((resolve, reject) => {
      const listener: Listener<SessionLifecycleEvent> = (event) => {
        if (event.type === 'session.state-changed' && wanted.includes(event.to)) resolve(event.to);
        if (event.type === 'session.ended') reject(new SessionTerminatedError(event.reason));
      };
      host.listeners = [...host.listeners, listener];
      const { away } = context;
      host.stateWaiters = (host.stateWaiters ?? new Set()).add(reject);
      away.review(host);
      const late = (): void =>
        reject(new TimeoutError(`Waiting for ${wanted.join(' or ')}`, timeoutMs));
      const timeout = Number.isFinite(timeoutMs)
        ? context.clock.scheduler.schedule(late, timeoutMs)
        : null;
      const stopHearing = signal && onAbort(signal, () => reject(signal.reason));
      stop = () => {
        host.listeners = host.listeners.filter((one) => one !== listener);
        host.stateWaiters?.delete(reject);
        if (host.stateWaiters?.size === 0) host.stateWaiters = null;
        away.review(host);
        timeout?.unsubscribe();
        stopHearing?.();
      };
    });
  } finally {
    stop();
  }
};

/** The states that are waited for. Throws `InvalidOptionError` for what is no state. */
export const checkedStates = (
  state: SessionState | readonly SessionState[],
): readonly SessionState[] => {
  const wanted: readonly SessionState[] = typeof state === 'string' ? [state] : state;
  for (const one of wanted) {
    if (!SESSION_STATES.includes(one)) {
      throw new InvalidOptionError('state', one, SESSION_STATES.join(', '));
    }
  }
  return wanted;
};
