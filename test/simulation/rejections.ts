/** What a call was rejected with, as the trace has it. */
export const nameOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  return code?.replace('ERR_HOLDFAST_', '') ?? String(error);
};

/** What our own functions throw, on purpose. */
export const isOurs = (error: unknown): boolean =>
  error instanceof Error && /^(the task fails|a job fails)/.test(error.message);

/** Of a session that was let go: here only by a process whose store has ended, as no other one serves it. */
export const isFenced = (error: unknown): boolean => nameOf(error) === 'FENCED';
