import type { SessionState } from '../../../../machines/index.ts';
import type { StoredDeadline } from '../../contract.ts';
import type { EntryRow, Row } from '../calls.ts';
import type { SqlRow, SqlValue } from './driver.ts';

/** A text column, which is never NULL. */
const text = (value: SqlValue | undefined): string => String(value);

const textOrNull = (value: SqlValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

const dueOf = (row: SqlRow): StoredDeadline | null =>
  row['due_at'] === null
    ? null
    : {
        at: Number(row['due_at']),
        // What is in this column was a deadline when it was written.
        deadline: text(row['due_deadline']) as StoredDeadline['deadline'],
      };

/**
 * A record as the database answers with it. `session` and `snapshot` are `null` where they were not asked for.
 *
 * @param opening the present one: who claimed it in an earlier one is gone.
 */
export const rowOf = (row: SqlRow, opening: number): Row => ({
  id: text(row['id']),
  principal: textOrNull(row['principal']),
  key: textOrNull(row['key']),
  token: text(row['token']),
  epoch: Number(row['epoch']),
  owner: row['opening'] === opening ? textOrNull(row['owner']) : null,
  // What is in this column was a state when it was written.
  state: text(row['state']) as SessionState,
  due: dueOf(row),
  journalSeq: Number(row['journal_seq']),
  schema: Number(row['schema']),
  session: textOrNull(row['session']),
  snapshot: textOrNull(row['snapshot']),
});

/** A journal entry as the database answers with it. */
export const entryOf = (row: SqlRow): EntryRow => ({
  seq: Number(row['seq']),
  epoch: Number(row['epoch']),
  data: text(row['data']),
});
