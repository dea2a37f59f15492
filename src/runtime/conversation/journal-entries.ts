import type { JournalData } from '../../store/contract.ts';
import type { NewMessage } from './conversation.ts';

/*
 * What is in a session's journal. Each entry says in `kind` what it is; a reader passes over the kinds it does not
 * know, so that an older process can read a newer one's journal.
 */

/** A message of the conversation. */
export interface MessageEntry extends NewMessage {
  readonly kind: 'message';
  /** Wall time at which it was appended, ms since the epoch. */
  readonly at: number;
}

/** Whether an entry is a message: only this package writes entries, so its `kind` vouches for the rest. */
export const isMessageEntry = (data: JournalData): data is MessageEntry =>
  typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'message';

/** What an entry takes in the journal: bytes of UTF-8 of its JSON. */
export const entryBytes = (data: JournalData): number => Buffer.byteLength(JSON.stringify(data));
