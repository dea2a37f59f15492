import { TimeoutError } from '../../errors.ts';
import type { SessionHost } from '../host.ts';
import { tell } from '../plane/plane.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { hooksOver, runHook } from './hook-queue.ts';
import { within } from './within.ts';

/** Whether something has to be done between the decision to end a session and its tombstone. */
export const needsCleanup = ({ application }: RuntimeContext): boolean =>
  application.cleanup !== null || application.hooks.onTerminated !== undefined;

/**
 * Does what has to be done once the decision is recorded: `cleanup`, then `onTerminated`. What throws or hangs is
 * reported; the end goes on. Once a life, and never rejects.
 */
export const cleanUp = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  host.cleaning = true;
  const { reason } = host;
  const session = context.reference(host);
  // Their time runs along with that of `cleanup`.
  const hooksBefore = hooksOver(context, host);
  const { cleanup, hooks } = context.application;
  if (cleanup && reason !== null) {
    const { cleanupTimeoutMs } = context.settings;
    const stop = new AbortController();
    const late = (): Error => new TimeoutError('cleanup', cleanupTimeoutMs);
    try {
      const call = (): void | Promise<void> => cleanup(session, reason, stop.signal);
      await within(context.clock, cleanupTimeoutMs, call, late, (error) => stop.abort(error));
    } catch (error) {
      reportError(context, host, 'cleanup', error);
    }
  }
  const { onTerminated } = hooks;
  if (onTerminated !== undefined && reason !== null) {
    // It is the last thing a session's hooks tell, so the ones before it have their say first.
    await hooksBefore;
    // Another owner may have won it meanwhile: it goes on there.
    if (host.released) return;
    await runHook(context, host, 'onTerminated', () => onTerminated(session, reason));
  }
  host.cleaned = true;
  tellEnd(context, host);
};

/** Puts the end itself in the row: told with the tombstone. */
export const tellEnd = (context: RuntimeContext, host: SessionHost): void => {
  const { reason } = host;
  if (reason === null) return;
  const to = 'terminated';
  tell(context, host, { type: 'session.state-changed', from: 'terminating', to }, true);
  tell(context, host, { type: 'session.ended', reason }, true);
};
