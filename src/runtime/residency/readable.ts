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
