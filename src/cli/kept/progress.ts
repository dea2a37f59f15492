import { systemClock } from '../../time/system-clock.ts';

/** How often a line of progress is written anew, ms. */
const EVERY_MS = 100;

/** What a command says of itself while it works: one line that is written over, for a person only. */
export interface Progress {
  /** `text` is only asked for where it is shown. */
  tell(text: () => string): void;
  /** Takes the line away. */
  done(): void;
}

/** On a terminal; anywhere else it says nothing. */
export const progressOn = (
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Progress => {
  if (stream.isTTY !== true) return { tell: () => undefined, done: () => undefined };
  const clock = systemClock();
  let next = clock.mono() + EVERY_MS;
  let shown = false;
  return {
    tell: (text) => {
      if (clock.mono() < next) return;
      next = clock.mono() + EVERY_MS;
      shown = true;
      stream.write(`\r\u001b[K${text()}`);
    },
    done: () => {
      if (shown) stream.write('\r\u001b[K');
    },
  };
};
