import type { Unsubscribable } from 'rxjs';
import type { Answer, Call, Thread } from '../../src/store/sqlite/calls.ts';

/** What became of a group. `killed`: the process was, and nobody is answered any more. */
export type Done = { readonly answers: readonly Answer[]; readonly ends: boolean } | 'killed';

/** What a thread needs of the world below it. */
export interface ThreadWorld {
  /** Calls `act` when the sync of a group is over, or its answer has come: never before it returns. */
  later(what: 'sync' | 'answer', act: () => void): Unsubscribable | null;
  /** Does a group. `ends`: the thread does before it answers. */
  execute(group: readonly Call[]): Done;
  /** The thread has ended by itself, after whoever waited for it was told. */
  ended(): void;
  /** It was closed in order. */
  closed(): void;
}

interface Sent {
  readonly group: readonly Call[];
  resolve(answers: readonly Answer[]): void;
  reject(error: Error): void;
}

/** The thread of an SQLite store, in the time of a world: one group after another, each done when its sync is over. */
export class SqliteThread implements Thread {
  readonly #world: ThreadWorld;
  #sent: Sent[] = [];
  #busy = false;
  #timer: Unsubscribable | null = null;
  #gone: Error | null = null;
  #dead = false;

  constructor(world: ThreadWorld) {
    this.#world = world;
  }

  send(group: readonly Call[]): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return;
      if (this.#gone !== null) {
        reject(this.#gone);
        return;
      }
      this.#sent.push({ group, resolve, reject });
      if (!this.#busy) this.#next();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      queueMicrotask(() => {
        if (this.#dead) return;
        this.#world.closed();
        resolve();
      });
    });
  }

  /** The groups that are not done. */
  get waiting(): readonly (readonly Call[])[] {
    return this.#sent.map(({ group }) => group);
  }

  /** The process is gone: nobody is answered. */
  die(): void {
    this.#dead = true;
    this.#timer?.unsubscribe();
    this.#sent = [];
  }

  #next(): void {
    this.#busy = this.#sent.length > 0;
    if (this.#busy) this.#wait('sync', () => this.#execute());
  }

  #wait(what: 'sync' | 'answer', act: () => void): void {
    this.#timer = this.#world.later(what, () => {
      if (!this.#dead) act();
    });
  }

  #execute(): void {
    const sent = this.#sent.shift();
    if (sent === undefined) return;
    const done = this.#world.execute(sent.group);
    if (this.#dead || done === 'killed') return;
    if (done.ends) {
      this.#end(sent);
      return;
    }
    this.#wait('answer', () => {
      sent.resolve(done.answers);
      this.#next();
    });
  }

  #end(under: Sent): void {
    this.#gone = new Error('The thread of the store has ended: it was made to.');
    for (const { reject } of [under, ...this.#sent.splice(0)]) reject(this.#gone);
    this.#world.ended();
  }
}
