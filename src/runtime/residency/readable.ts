import { UNREADABLE } from '../../errors/session-errors.ts';
import { SessionUnreadableError } from '../../errors.ts';
import type { SessionHost } from '../host.ts';
import type { Unreadable } from './reading.ts';

/** What is told to whoever needs a session that cannot be woken here. */
export const unreadableError = ({ reason, cause }: Unreadable): SessionUnreadableError =>
  new SessionUnreadableError(reason, cause);

/** Throws where nothing at all of the session can be read here. */
export const assertRecordReadable = ({ unreadable }: SessionHost): void => {
  if (unreadable?.what === 'record') throw unreadableError(unreadable);
};

/**
 * Who is told of a session. The operator, and so the code that holds the runtime, hears why it cannot be read. A principal,
 * to whom its caller may pass on all it has, hears only that: the reason names what is registered in this process.
 */
export type Viewer = 'operator' | 'principal';

/** Why a session cannot be read, as that viewer is told it; `null`: it can. */
export const shownReason = (unreadable: Unreadable | null, viewer: Viewer): string | null => {
  if (unreadable === null) return null;
  return viewer === 'operator' ? unreadable.reason : UNREADABLE;
};
