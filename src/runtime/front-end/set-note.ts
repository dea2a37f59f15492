import { isReceiving } from '../../xstate/session-actor.ts';
import { commit } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { afterTurn, assertOpen } from '../lifecycle/lifecycle.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { withNote } from './notes.ts';

/** Keeps a value that was checked. See `FrontEndNotes.set`. */
export const setNote = async (
  context: RuntimeContext,
  host: SessionHost,
  name: string,
  value: unknown,
): Promise<void> => {
  if (isReceiving(host.actor)) await afterTurn(host);
  assertOpen(host);
  host.frontEnds = withNote(host.frontEnds, name, value);
  host.sessionDirty = true;
  // It is not put away now, and what is recorded of this is not to say so.
  if (host.residency === 'hibernating') host.residency = 'resident';
  await commit(context, host);
};
