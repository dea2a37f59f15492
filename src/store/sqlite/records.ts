import { StoreError } from '../../errors.ts';
import { storableText } from '../../identity/storable-text.ts';
import { LIMITS } from '../../limits.ts';
import type { Change, JournalEntry, NewRecord, SessionRecord } from '../contract.ts';
import { DAMAGED_SCHEMA } from '../envelope/read-record.ts';
import { jsonCopy } from '../json-copy.ts';
import type { EntryRow, NewRow, Row, RowChange } from './calls.ts';

/*
 * Records as the store gives them out, and as they cross to its thread. What a caller gives is copied once, and that copy
 * is both written and given back: so an answer brings none of it across a second time.
 */

/** What of a record was given: it is not in the answer. */
export interface Given {
  readonly session?: SessionRecord['session'];
  readonly snapshot?: unknown;
}

/** What is sent, and what is kept of it for the answer. */
export interface Outgoing<T> {
  readonly row: T;
  readonly given: Given;
}

/** @throws InvalidOptionError for what JSON, or a column of text, cannot carry */
export const newRow = (record: NewRecord, token: string): Outgoing<NewRow> => {
  const session = copied(record.session, 'session');
  const snapshot = copied(record.snapshot ?? null, 'snapshot');
  const row = {
    id: storableText('id', record.id),
    principal: storableText('principal', record.principal),
    key: storableText('key', record.key),
    token,
    owner: storableText('owner', record.owner),
    state: record.state,
    due: copied(record.due, 'due'),
    schema: record.schema,
    session: JSON.stringify(session),
    snapshot: JSON.stringify(snapshot),
  };
  return { row, given: { session, snapshot } };
};

/** @throws InvalidOptionError for what JSON, or a column of text, cannot carry */
export const rowChange = (change: Change): Outgoing<RowChange> => {
  const { id, state, due, schema, append, trimBefore } = change;
  const given: Given = {
    ...(change.session === undefined ? {} : { session: copied(change.session, 'session') }),
    ...(change.snapshot === undefined ? {} : { snapshot: copied(change.snapshot, 'snapshot') }),
  };
  const row: RowChange = {
    ...(id === undefined ? {} : { id: storableText('id', id) }),
    ...(state === undefined ? {} : { state }),
    ...(due === undefined ? {} : { due: copied(due, 'due') }),
    ...(schema === undefined ? {} : { schema }),
    ...('session' in given ? { session: JSON.stringify(given.session) } : {}),
    ...('snapshot' in given ? { snapshot: JSON.stringify(given.snapshot) } : {}),
    ...(append === undefined || append.length === 0
      ? {}
      : { append: append.map((data) => JSON.stringify(copied(data, 'append'))) }),
    ...(trimBefore === undefined ? {} : { trimBefore }),
  };
  return { row, given };
};

/** The record that a create has made; deeply frozen. */
export const madeRecord = ({ row, given }: Outgoing<NewRow>): SessionRecord =>
  recordOf({ ...row, epoch: 1, journalSeq: 0, session: null, snapshot: null }, given);

/**
 * The record of a row; deeply frozen. One whose JSON cannot be read is given out all the same, as `DAMAGED_SCHEMA` says, so
 * that it stands in nobody's way but its own.
 */
export const recordOf = (row: Row, given: Given = {}): SessionRecord => {
  const session = row.session === null ? { value: given.session } : parsed(row.session);
  const snapshot = row.snapshot === null ? { value: given.snapshot ?? null } : parsed(row.snapshot);
  const damaged = session === null || snapshot === null;
  return Object.freeze({
    ...row,
    due: row.due === null ? null : Object.freeze(row.due),
    ...(damaged ? { schema: DAMAGED_SCHEMA } : {}),
    session: damaged ? null : session.value,
    snapshot: damaged ? null : snapshot.value,
  } as SessionRecord); // The thread leaves the session out only where it was given.
};

/** The journal entry of a row; deeply frozen. @throws StoreError, not retryable, where its JSON cannot be read */
export const entryOf = ({ seq, epoch, data }: EntryRow): JournalEntry => {
  const read = parsed(data);
  if (read !== null) return Object.freeze({ seq, epoch, data: read.value });
  const what = `the entry ${seq} of a journal is damaged: restore it from a copy`;
  throw new StoreError(what, undefined, false);
};

const copied = <T>(value: T, where: string): T => jsonCopy(value, where, LIMITS.storedLevels);

/** What a text of JSON says; `null`: it is none. */
const parsed = (json: string): { readonly value: unknown } | null => {
  try {
    return { value: frozen(JSON.parse(json)) };
  } catch {
    return null;
  }
};

const frozen = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) frozen(item);
  return Object.freeze(value);
};
