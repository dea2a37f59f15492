import { BehaviourDownError, SessionPausedError } from '../errors.ts';
import { commit } from './commits.ts';
import type { SessionHost } from './host.ts';
import { assertOpen } from './lifecycle.ts';
import { touch } from './liveness.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Sends an event to the behaviour. See `Session.send`. */
export const send = async (
  context: RuntimeContext,
  host: SessionHost,
  event: { readonly type: string },
): Promise<void> => {
  assertOpen(host);
  if (host.state === 'paused') throw new SessionPausedError();
  if (host.behaviour === null) throw new BehaviourDownError(event, 'none');
  host.behaviour.send(event);
  touch(context, host);
  return commit(context, host);
};
