import { writeSync } from 'node:fs';
import type { Said } from './protocol.ts';

const STDOUT = 1;

/** Writes everything before it returns: a pipe may take a part only. */
const writeAll = (text: string): void => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
};

/** How a process under load tells what it does: each line is out when the call returns. */
export class Voice {
  #acks = 0;
  readonly #dieAtAck: number | null;

  constructor(dieAtAck: number | null) {
    this.#dieAtAck = dieAtAck;
  }

  say(line: Said): void {
    writeAll(`${JSON.stringify(line)}\n`);
    if (line.t !== 'ack') return;
    this.#acks += 1;
    // Not a moment later: an acknowledgement that came before its commit is a lie now.
    if (this.#acks === this.#dieAtAck) process.kill(process.pid, 'SIGKILL');
  }
}
