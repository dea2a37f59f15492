import type { Answer, Call, RowChange } from '../calls.ts';
import type { SqlRow, SqlValue } from './driver.ts';
import { rowOf } from './sql-rows.ts';
import type { StatementCache } from './statement-cache.ts';
import {
  APPEND,
  COMMIT_COLUMNS,
  type CommitColumn,
  commitOf,
  IS_THERE,
  TRIM,
} from './statements.ts';

type CommitCall = Extract<Call, { op: 'commit' }>;

const COLUMNS = Object.keys(COMMIT_COLUMNS) as readonly CommitColumn[];

/** The SQL of every set of columns that was ever changed: it is the key of its prepared statement. */
const texts = new Map<string, string>();

const textOf = (columns: readonly CommitColumn[]): string => {
  const name = columns.join();
  const there = texts.get(name);
  if (there !== undefined) return there;
  const made = commitOf(columns);
  texts.set(name, made);
  return made;
};

const VALUES: Readonly<Record<CommitColumn, (change: RowChange) => readonly SqlValue[]>> = {
  id: ({ id = null }) => [id],
  state: ({ state = null }) => [state],
  due: ({ due }) => [due?.at ?? null, due?.deadline ?? null],
  schema: ({ schema = null }) => [schema],
  session: ({ session = null }) => [session],
  snapshot: ({ snapshot = null }) => [snapshot],
  append: ({ append }) => [append?.length ?? 0],
};

/** The journal's part of a commit whose row is written: what it says itself to drop is never put there. */
const writeJournal = (
  statements: StatementCache,
  row: SqlRow,
  { append = [], trimBefore = 0 }: RowChange,
): void => {
  const number = Number(row['number']);
  const epoch = Number(row['epoch']);
  const first = Number(row['journal_seq']) - append.length + 1;
  for (const [index, data] of append.entries()) {
    const seq = first + index;
    if (seq >= trimBefore) statements.run(APPEND, number, seq, epoch, data);
  }
  if (trimBefore > 1) statements.run(TRIM, number, trimBefore);
};

/**
 * Does a commit: one UPDATE, which compares the token, takes the id and the key, and answers with the row; then its
 * journal. A refused one has changed nothing. Throws what SQLite says.
 *
 * @param isConstraint whether what SQLite threw says that something is taken.
 */
export const commit = (
  statements: StatementCache,
  { id, token, next, change }: CommitCall,
  opening: number,
  isConstraint: (error: unknown) => boolean,
): Answer => {
  const columns = COLUMNS.filter((column) => change[column] !== undefined);
  const values = columns.flatMap((column) => VALUES[column](change));
  let row: SqlRow | undefined;
  try {
    row = statements.get(textOf(columns), next, ...values, id, token);
  } catch (error) {
    if (!isConstraint(error)) throw error;
    const isIdTaken =
      change.id !== undefined &&
      change.id !== id &&
      statements.get(IS_THERE, change.id) !== undefined;
    return { refused: isIdTaken ? 'id-taken' : 'key-taken' };
  }
  if (row === undefined) return { refused: 'fenced' };
  writeJournal(statements, row, change);
  return { value: rowOf(row, opening) };
};
