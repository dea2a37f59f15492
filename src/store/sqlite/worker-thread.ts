import { Worker } from 'node:worker_threads';
import { afterIo } from '../../time/after-io.ts';
import { type Answer, type Call, NotSent, type Thread } from './calls.ts';
import type { Ask, FolderOptions, OpenReply, Reply } from './thread-messages.ts';

/** Something asked that has no reply yet. */
interface Asked {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** `node:sqlite` is called experimental as long as it may change, which is ours to watch. */
const QUIET = ['--disable-warning=ExperimentalWarning'];

/**
 * The worker thread that has a folder and its database. It keeps the process from exiting while it owes a reply, and not
 * when it owes none: so a script need not close its store to end.
 */
export class WorkerThread implements Thread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  /** The oldest first: the worker replies in the order in which it was asked. */
  readonly #asked: Asked[] = [];
  /** Why there will be no reply any more. */
  #gone: Error | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: FolderOptions) {
    this.#worker = new Worker(new URL('./thread/worker.js', import.meta.url), {
      name: 'holdfast-store',
      workerData: options,
      execArgv: QUIET,
    });
    this.#worker.unref();
    // Given out from inside the port, each reply would let the next group go, and its reply in, before anybody else is heard.
    this.#worker.on('message', (reply: Reply) => afterIo(() => this.#replied(reply)));
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        const how = cause instanceof Error ? cause.message : `exit code ${code}`;
        // Behind the replies that came before.
        afterIo(() => {
          this.#gone = new Error(`The thread of the store has ended: ${how}`, { cause });
          for (const { reject } of this.#asked.splice(0)) reject(this.#gone);
          resolve();
        });
      });
    });
  }

  /** Tries to take the folder. May be asked again after `held`. `since`: the wall time. */
  async open(since: number): Promise<OpenReply> {
    const reply = await this.#ask({ ask: 'open', since });
    if ('open' in reply) return reply;
    throw new Error('the thread replied to something else');
  }

  async send(group: readonly Call[]): Promise<readonly Answer[]> {
    const reply = await this.#ask({ ask: 'run', group });
    if ('answers' in reply) return reply.answers;
    throw new Error('the thread replied to something else');
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // One that is gone has closed everything; the system has freed the folder.
    if (this.#gone === null) await this.#ask({ ask: 'close' }).catch(() => {});
    this.#worker.ref();
    await this.#ended;
  }

  #ask(ask: Ask): Promise<Reply> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      try {
        // First: what cannot cross gets no reply, and must not wait for another one's.
        this.#worker.postMessage(ask);
      } catch (error) {
        reject(new NotSent(error));
        return;
      }
      if (this.#asked.length === 0) this.#worker.ref();
      this.#asked.push({ resolve, reject });
    });
  }

  #replied(reply: Reply): void {
    this.#asked.shift()?.resolve(reply);
    if (this.#asked.length === 0) this.#worker.unref();
  }
}
