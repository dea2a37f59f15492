import { contained } from './contained.ts';

/** Whom errors are told that the client is not told. What it throws is lost. */
export type OnError = (error: unknown) => void;

/**
 * Makes sure that an error of a front-end is heard of. With `onError` that one hears all of them, and what it throws, or
 * rejects with, stops nothing. Without, a 500 would look as if nothing had happened: the first one is a warning of the
 * process (`HOLDFAST_UNHEARD`), with where it was and what was thrown, in one line.
 *
 * @param where whose errors these are, as a warning begins: `createMcpSessions`.
 */
export const heard = (where: string, onError: OnError | undefined): OnError => {
  if (onError !== undefined) {
    return (error) =>
      contained(
        () => onError(error),
        // Who hears of errors is who would have to hear of this one.
        () => undefined,
      );
  }
  let warned = false;
  return (error) => {
    if (warned) return;
    warned = true;
    process.emitWarning(
      `${where}: ${inOneLine(error)}. Nobody hears of such errors: give it the option onError. ` +
        'Further ones are not printed.',
      { type: 'HoldfastWarning', code: 'HOLDFAST_UNHEARD' },
    );
  };
};

/** What was thrown, and what was behind it. */
const inOneLine = (error: unknown): string => {
  const text = textOf(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? text : `${text.replace(/\.$/, '')}: ${textOf(cause)}`;
};

const textOf = (thrown: unknown): string => {
  try {
    return String(thrown).split('\n', 1).join('');
  } catch {
    // Anything may be thrown, also what cannot be made a text of.
    return 'something without words';
  }
};
