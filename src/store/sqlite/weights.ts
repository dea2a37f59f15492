import type { Answer, Call, Row, Values } from './calls.ts';

/** How much JSON a call carries, characters: what its way to the thread costs. */
export const charactersOfCall = (call: Call): number => {
  if (call.op === 'create') return call.row.session.length + call.row.snapshot.length;
  if (call.op !== 'commit') return 0;
  const { session = '', snapshot = '', append = [] } = call.change;
  return append.reduce((sum, { length }) => sum + length, session.length + snapshot.length);
};

/** How much JSON an answer carries, characters: what reading it costs. */
export const charactersOfAnswer = (answer: Answer): number =>
  'value' in answer ? charactersOfValue(answer.value) : 0;

const charactersOfValue = (value: Values[keyof Values]): number => {
  if (value === null || typeof value === 'number') return 0;
  if ('id' in value) return charactersOfRow(value);
  if ('rows' in value) return value.rows.reduce((sum, row) => sum + charactersOfRow(row), 0);
  return value.reduce((sum, { data }) => sum + data.length, 0);
};

/** How much JSON is in a row, characters. */
export const charactersOfRow = ({ session, snapshot }: Row): number =>
  (session?.length ?? 0) + (snapshot?.length ?? 0);
