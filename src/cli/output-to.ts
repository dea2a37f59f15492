import { harmless } from './harmless.ts';
import type { Output } from './printer.ts';

type Stream = Pick<NodeJS.WritableStream, 'write'>;

/** The one way out for lines: each is made harmless for a terminal here, whatever is in it. */
export const outputTo = (print: Stream, complain: Stream, colours: boolean): Output => ({
  print: (line) => void print.write(`${harmless(line, colours)}\n`),
  complain: (line) => void complain.write(`${harmless(line)}\n`),
  colours,
});
