import { LIMITS } from '../../limits.ts';

/** A line of a file that is none of ours. The message begins with its number. */
export class BrokenLine extends Error {
  constructor(number: number, what: string) {
    super(`line ${number}: ${what}`);
    this.name = 'BrokenLine';
  }
}

/** A line, with its number from 1 on. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

const LINE_FEED = 0x0a;

/**
 * The lines of a stream of bytes. Only a line feed ends one: JSON may hold what others take for an end, such as U+2028. A
 * last one without its end is told like the others.
 *
 * @throws BrokenLine for one that is no UTF-8, or too long
 */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  mostBytes: number = LIMITS.importLineBytes,
): AsyncGenerator<NumberedLine, void, undefined> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
    if (length > mostBytes) throw new BrokenLine(number, `is longer than ${mostBytes} bytes.`);
  };
  const take = (): NumberedLine => {
    const line = { number, text: decoded(number, Buffer.concat(parts)) };
    parts = [];
    length = 0;
    number += 1;
    return line;
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      add(chunk.subarray(from, at));
      from = at + 1;
      yield take();
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const decoded = (number: number, line: Uint8Array): string => {
  try {
    return decoder.decode(line);
  } catch {
    throw new BrokenLine(number, 'is not UTF-8.');
  }
};
