/** Characters that begin a new line, move the cursor, command a terminal, or turn the order of what stands around them. */
export const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const ESCAPE = '\u001b';

/** The same, with the colours that this program writes itself taken together. */
const CONTROLS_OR_COLOURS = new RegExp(
  `${ESCAPE}\\[(?:0|31|32|33|36|90)m|${CONTROLS.source}`,
  CONTROLS.flags,
);

/**
 * A line as it may go to a terminal, whoever chose what is in it: what commands one is told as an escape of JSON. So
 * what was JSON still is, and means the same.
 *
 * @param colours whether those of this program are let through. Default `false`.
 */
export const harmless = (line: string, colours = false): string =>
  colours
    ? line.replaceAll(CONTROLS_OR_COLOURS, (found) => (found.length > 1 ? found : escaped(found)))
    : line.replaceAll(CONTROLS, escaped);

/** All of them have one code unit. */
const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
