/*
 * The SQL of the store, and nothing of how it is run. Plain enough for any database that has RETURNING, ON CONFLICT and
 * partial indexes: no function of SQLite's own, no NULL-safe comparison (`IS ?`), so there are two of what may be NULL.
 */

/** Counts the openings of the database: who claimed a row in an earlier one does not hold it any more. */
export const OPENING = 'opening';
/** Counts the transactions that only put an end to a doubt. */
export const SETTLED = 'settled';
/** The highest wall time at which a process lived. */
export const ALIVE = 'alive';

const SMALL =
  'id, token, principal, key, epoch, owner, opening, state, due_at, due_deadline, journal_seq, schema';
const WHOLE = `${SMALL}, session, snapshot`;

/** Changes a number of `meta` by one, and answers with it. */
export const COUNT_UP = 'UPDATE meta SET value = value + 1 WHERE name = ? RETURNING value';
/** One number of `meta`, by its name. */
export const META = 'SELECT value FROM meta WHERE name = ?';
/** Bound are: name and number. */
export const SET_META =
  'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value';

/** Changes no row where the id or the key is taken. */
export const CREATE = `INSERT INTO sessions (${WHOLE})
  VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING`;
/** One record, by its id. */
export const LOAD = `SELECT ${WHOLE} FROM sessions WHERE id = ?`;
/** Whether an id is taken. */
export const IS_THERE = 'SELECT number FROM sessions WHERE id = ?';

const KEYED = "key = ? AND state <> 'terminated'";
/** The one of a principal with this key that has not ended. */
export const FIND = `SELECT ${WHOLE} FROM sessions WHERE principal = ? AND ${KEYED}`;
/** The one of nobody with this key that has not ended. */
export const FIND_ANONYMOUS = `SELECT ${WHOLE} FROM sessions WHERE principal IS NULL AND ${KEYED}`;

/** What a commit writes, in the order in which its values are bound, after the token. */
export const COMMIT_COLUMNS = {
  id: 'id = ?',
  state: 'state = ?',
  due: 'due_at = ?, due_deadline = ?',
  schema: 'schema = ?',
  session: 'session = ?',
  snapshot: 'snapshot = ?',
  append: 'journal_seq = journal_seq + ?',
} as const;

/** What a commit may write. */
export type CommitColumn = keyof typeof COMMIT_COLUMNS;

/** Bound are: the new token, the columns' values, the id and the token held. Answers with what was not given. */
export const commitOf = (columns: readonly CommitColumn[]): string => {
  const set = ['token = ?', ...columns.map((column) => COMMIT_COLUMNS[column])];
  const big = (['session', 'snapshot'] as const).filter((column) => !columns.includes(column));
  return `UPDATE sessions SET ${set.join(', ')} WHERE id = ? AND token = ?
    RETURNING ${[SMALL, 'number', ...big].join(', ')}`;
};

/** Bound are: owner, opening, token, id, opening, owner. */
export const CLAIM = `UPDATE sessions SET owner = ?, opening = ?, token = ?, epoch = epoch + 1
  WHERE id = ? AND (owner IS NULL OR opening <> ? OR owner = ?) RETURNING ${WHOLE}`;
/** Bound are: the new token, the id and the token held. */
export const RELEASE = 'UPDATE sessions SET owner = NULL, token = ? WHERE id = ? AND token = ?';
/** Bound are: the id and the token held. Answers with what tells whether there is a journal. */
export const REMOVE =
  'DELETE FROM sessions WHERE id = ? AND token = ? RETURNING number, journal_seq';

/** Bound are: the number of the session, that of the entry, the fencing number, and the entry. */
export const APPEND = 'INSERT INTO journal (session, seq, epoch, data) VALUES (?, ?, ?, ?)';
/** Bound are: the number of the session, and the first entry that stays. */
export const TRIM = 'DELETE FROM journal WHERE session = ? AND seq < ?';
/** The whole journal of a session, by its number. */
export const REMOVE_JOURNAL = 'DELETE FROM journal WHERE session = ?';
/** Bound are: the id, the number of the entry to go on after, and the limit. */
export const READ_JOURNAL = `SELECT journal.seq AS seq, journal.epoch AS epoch, journal.data AS data
  FROM sessions JOIN journal ON journal.session = sessions.number
  WHERE sessions.id = ? AND journal.seq > ? ORDER BY journal.seq LIMIT ?`;

/** Whose records. */
export type Whose = 'everybody' | 'anonymous' | 'principal';

const WHOSE: Readonly<Record<Whose, readonly string[]>> = {
  everybody: [],
  anonymous: ['principal IS NULL'],
  principal: ['principal = ?'],
};

const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;

/** One record, by its number. */
export const LOAD_NUMBER = `SELECT ${WHOLE} FROM sessions WHERE number = ?`;

/** The numbers of records. Bound are, where they are asked for: principal, cursor, state; and the limit. */
export const listOf = (whose: Whose, hasCursor: boolean, hasState: boolean): string => {
  const conditions = [
    ...WHOSE[whose],
    ...(hasCursor ? ['id > ?'] : []),
    ...(hasState ? ['state = ?'] : []),
  ];
  return `SELECT number FROM sessions${where(conditions)} ORDER BY id LIMIT ?`;
};

/** Bound is the principal, where it is one. */
export const countOf = (whose: Whose): string =>
  `SELECT count(*) AS n FROM sessions${where([...WHOSE[whose], "state <> 'terminated'"])}`;

/** The numbers of what is due, the longest due first. Bound are: the time and the limit. */
export const DUE = 'SELECT number FROM sessions WHERE due_at <= ? ORDER BY due_at, id LIMIT ?';
/** Bound are: the time, the place to go on from (time and id), and the limit. */
export const DUE_AFTER = `SELECT number FROM sessions
  WHERE due_at <= ? AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ?`;
