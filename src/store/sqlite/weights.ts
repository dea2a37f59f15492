import type { Answer, Call, Values } from './calls.ts';

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
  if ('id' in value) return (value.session?.length ?? 0) + (value.snapshot?.length ?? 0);
  return value.reduce(
    (sum: number, row) => sum + ('id' in row ? charactersOfValue(row) : row.data.length),
    0,
  );
};
