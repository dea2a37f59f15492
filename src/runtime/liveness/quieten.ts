import { planted } from '../../planted.ts';
import type { SessionHost } from '../host.ts';
import { move } from '../lifecycle/lifecycle.ts';
import { tell } from '../plane/plane.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** Nothing has happened for a while: an active session becomes idle. Returns whether it did. */
export const quieten = (context: RuntimeContext, host: SessionHost): boolean => {
  const inFlight = planted('work-reaped') ? 0 : host.inFlight;
  if (!move(context, host, { type: 'session.quiet', inFlight })) return false;
  host.restingSince = context.clock.mono();
  tell(context, host, { type: 'session.state-changed', from: 'active', to: 'idle' }, false);
  return true;
};
