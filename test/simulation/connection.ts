import type { Store } from '../../src/index.ts';

/** A method of a store. */
export type Method = Exclude<keyof Store, 'durable'>;

/** Where a process may be killed: as a call leaves it, or as the answer comes, which it never sees. */
export interface Trap {
  /** After so many calls, or answers, from now on. */
  left: number;
  readonly at: 'call' | 'answer';
  readonly spring: () => void;
}

/**
 * The store as one process has it. When the process dies nothing it still asks for reaches the store, and no answer
 * reaches it.
 */
export class Connection implements Store {
  readonly durable: boolean;
  /** Calls that were not answered yet, by their method. */
  readonly waiting = new Map<Method, number>();
  trap: Trap | null = null;
  readonly #inner: Store;
  readonly #wasFull: () => void;
  #dead = false;

  /** @param wasFull told of each write that is refused for want of space */
  constructor(inner: Store, wasFull: () => void) {
    this.#inner = inner;
    this.#wasFull = wasFull;
    this.durable = inner.durable;
  }

  die(): void {
    this.#dead = true;
    this.trap = null;
  }

  get outstanding(): number {
    let sum = 0;
    for (const count of this.waiting.values()) sum += count;
    return sum;
  }

  create: Store['create'] = (record) => this.#call('create', () => this.#inner.create(record));
  load: Store['load'] = (id) => this.#call('load', () => this.#inner.load(id));
  find: Store['find'] = (principal, key) =>
    this.#call('find', () => this.#inner.find(principal, key));
  commit: Store['commit'] = (held, change) =>
    this.#call('commit', () => this.#inner.commit(held, change));
  claim: Store['claim'] = (id, owner) => this.#call('claim', () => this.#inner.claim(id, owner));
  release: Store['release'] = (held) => this.#call('release', () => this.#inner.release(held));
  readJournal: Store['readJournal'] = (id, page) =>
    this.#call('readJournal', () => this.#inner.readJournal(id, page));
  list: Store['list'] = (filter) => this.#call('list', () => this.#inner.list(filter));
  dueBefore: Store['dueBefore'] = (...asked) =>
    this.#call('dueBefore', () => this.#inner.dueBefore(...asked));
  count: Store['count'] = (filter) => this.#call('count', () => this.#inner.count(filter));
  alive: Store['alive'] = (at) => this.#call('alive', () => this.#inner.alive(at));
  remove: Store['remove'] = (held) => this.#call('remove', () => this.#inner.remove(held));
  close: Store['close'] = () => this.#call('close', () => this.#inner.close());

  #call<T>(method: Method, act: () => Promise<T>): Promise<T> {
    this.#passes('call');
    if (this.#dead) return never();
    this.#count(method, 1);
    return new Promise<T>((resolve, reject) => {
      const answered = (answer: () => void): void => {
        this.#passes('answer');
        if (this.#dead) return;
        this.#count(method, -1);
        answer();
      };
      act().then(
        (value) => answered(() => resolve(value)),
        (error: unknown) =>
          answered(() => {
            if (error instanceof Error && /disk is full/.test(error.message)) this.#wasFull();
            reject(error);
          }),
      );
    });
  }

  #passes(at: Trap['at']): void {
    const { trap } = this;
    if (trap === null || trap.at !== at) return;
    trap.left -= 1;
    if (trap.left > 0) return;
    this.trap = null;
    trap.spring();
  }

  #count(method: Method, by: number): void {
    this.waiting.set(method, (this.waiting.get(method) ?? 0) + by);
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
