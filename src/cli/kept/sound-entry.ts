import { isMessageEntry } from '../../runtime/conversation/journal-entries.ts';
import { isOperationEntry } from '../../runtime/work/operation-entries.ts';
import type { JournalData } from '../../store/contract.ts';
import {
  type Check,
  fieldsOf,
  isFields,
  isText,
  isTime,
  listOf,
  oneOf,
  orAbsent,
} from './checks.ts';

const isContent: Check = (value) => isText(value) || listOf(fieldsOf({ type: isText }))(value);

const isMessage = fieldsOf({
  at: isTime,
  role: oneOf(['user', 'assistant', 'system', 'tool']),
  content: isContent,
  metadata: orAbsent(isFields),
});

const OPERATION = { at: isTime, operation: isText, name: isText };

const isOperation: ReadonlyMap<unknown, Check> = new Map([
  ['started', fieldsOf(OPERATION)],
  ['interrupted', fieldsOf(OPERATION)],
  [
    'finished',
    fieldsOf({
      ...OPERATION,
      outcome: oneOf(['done', 'failed', 'aborted', 'timed-out']),
      error: orAbsent(isText),
    }),
  ],
]);

/**
 * Whether a journal entry is what its kind promises. One of a kind that is not known here is whatever it is: a newer
 * version may have written it, and every reader passes over it.
 */
export const isSoundEntry = (data: JournalData): boolean => {
  if (isMessageEntry(data)) return isMessage(data);
  if (!isOperationEntry(data)) return true;
  return isOperation.get(data.phase)?.(data) === true;
};
