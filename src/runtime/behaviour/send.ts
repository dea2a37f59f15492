import { BehaviourDownError, SessionPausedError } from '../../errors.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import { settled } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { afterTurn, assertOpen } from '../lifecycle/lifecycle.ts';
import { touch } from '../liveness/liveness.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Supervised } from './supervision.ts';

/** Sends an event to the behaviour. See `Session.send`. */
export const send = async (
  context: RuntimeContext,
  host: SessionHost,
  event: { readonly type: string },
): Promise<void> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  // What is refused is no activity.
  takerOf(host, event);
  touch(context, host);
  // A listener that heard of the activity may have paused or ended it.
  takerOf(host, event).send(event);
  // Where the behaviour itself sends it, in the middle of its turn, it hears of it at the end of that.
  await Promise.resolve();
  await settled(context, host);
};

/** Who takes the event. Throws where nobody does. */
const takerOf = (host: SessionHost, event: { readonly type: string }): Supervised => {
  assertOpen(host);
  if (host.state === 'paused') throw new SessionPausedError();
  if (host.behaviour === null) throw new BehaviourDownError(event, 'none');
  host.behaviour.assertTakes(event);
  return host.behaviour;
};
