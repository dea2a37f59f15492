import { SESSION_STATES, type SessionState } from '../../machines/index.ts';
import { Fenced, InvalidOptionError, SessionTerminatedError, TimeoutError } from '../errors.ts';
import type { SessionHost } from './host.ts';
import { checkedDuration } from './liveness/deadlines.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session } from './session.ts';

/** Waits until the session plane shows one of these states. See `Session.waitFor`. */
export const waitFor = async (
  context: RuntimeContext,
  host: SessionHost,
  session: Session,
  state: SessionState | readonly SessionState[],
  options: { readonly timeoutMs?: number | 'off'; readonly signal?: AbortSignal },
): Promise<SessionState> => {
  const wanted: readonly SessionState[] = typeof state === 'string' ? [state] : state;
  for (const one of wanted) {
    if (!SESSION_STATES.includes(one)) {
      throw new InvalidOptionError('state', one, SESSION_STATES.join(', '));
    }
  }
  const timeoutMs = checkedDuration('timeoutMs', options.timeoutMs ?? 'off');
  const { signal } = options;
  signal?.throwIfAborted();
  if (wanted.includes(host.shown)) return host.shown;
  if (host.shown === 'terminated') throw new SessionTerminatedError(host.reason ?? 'shutdown');

  if (host.released) throw new Fenced(host.id);

  // Aborted when the end begins, which is too early here, and when another owner won it.
  const ending = session.signal;
  let stop: () => void = () => undefined;
  try {
    return await new Promise<SessionState>((resolve, reject) => {
      const unsubscribe = session.subscribe((event) => {
        if (event.type === 'session.state-changed' && wanted.includes(event.to)) resolve(event.to);
        if (event.type === 'session.ended') reject(new SessionTerminatedError(event.reason));
      });
      const timeout = Number.isFinite(timeoutMs)
        ? context.clock.scheduler.schedule(
            () => reject(new TimeoutError(`Waiting for ${wanted.join(' or ')}`, timeoutMs)),
            timeoutMs,
          )
        : null;
      const aborted = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', aborted, { once: true });
      const lost = (): void => {
        if (ending.reason instanceof Fenced) reject(ending.reason);
      };
      ending.addEventListener('abort', lost, { once: true });
      stop = () => {
        unsubscribe();
        timeout?.unsubscribe();
        signal?.removeEventListener('abort', aborted);
        ending.removeEventListener('abort', lost);
      };
    });
  } finally {
    stop();
  }
};
