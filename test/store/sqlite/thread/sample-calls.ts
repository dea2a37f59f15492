import type {
  Answer,
  Call,
  NewRow,
  Row,
  RowChange,
  RowPage,
} from '../../../../src/store/sqlite/calls.ts';
import type { Engine } from '../../../../src/store/sqlite/thread/engine.ts';

/** A row to be made, whose token is its id and `-0`. */
export const newRow = (id: string, columns: Partial<NewRow> = {}): NewRow => ({
  id,
  principal: null,
  key: null,
  token: `${id}-0`,
  owner: null,
  state: 'active',
  due: null,
  schema: 1,
  session: `{"of":"${id}"}`,
  snapshot: 'null',
  ...columns,
});

export const create = (id: string, columns: Partial<NewRow> = {}): Call => ({
  op: 'create',
  row: newRow(id, columns),
});

/** A commit from token `<id>-<from>` to the next number. */
export const commit = (id: string, from: number, change: RowChange): Call => ({
  op: 'commit',
  id,
  token: `${id}-${from}`,
  next: `${id}-${from + 1}`,
  change,
});

export const load = (id: string): Call => ({ op: 'load', id });

export const readJournal = (id: string): Call => ({
  op: 'readJournal',
  id,
  after: 0,
  limit: Number.POSITIVE_INFINITY,
});

/** All rows, in the order of their ids. */
export const LIST: Call = {
  op: 'list',
  state: null,
  principal: undefined,
  cursor: null,
  limit: Number.POSITIVE_INFINITY,
};

/** What an answer comes to, short: `done`, the refusal, or `failed` and `unknown` with the code. */
export const shortOf = (answer: Answer): string => {
  if ('value' in answer) return 'done';
  if ('refused' in answer) return answer.refused;
  return `${answer.failed.unknown ? 'unknown' : 'failed'} ${answer.failed.code}`;
};

/** What one call is answered with. Throws where it was not done. */
export const ask = (engine: Engine, call: Call): unknown => {
  const [answer] = engine.run([call]);
  if (answer === undefined || !('value' in answer)) throw new Error(JSON.stringify(answer));
  return answer.value;
};

/** The rows there are. */
export const rowsOf = (engine: Engine): readonly Row[] => (ask(engine, LIST) as RowPage).rows;

/** The JSON of a journal's entries. */
export const journalOf = (engine: Engine, id: string): readonly string[] =>
  (ask(engine, readJournal(id)) as readonly { data: string }[]).map(({ data }) => data);
