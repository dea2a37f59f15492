import { InvalidOptionError, OutcomeUnknown } from '../errors.ts';
import type { Store } from '../store/contract.ts';
import type { Clock } from '../time/clock.ts';

/**
 * What can happen to a call. `fail`: it fails before it does anything, with a plain Error: certain.
 * `lose-request`: it does nothing, and `lose-answer`: it is done, but either way the answer is
 * `OutcomeUnknown`, and nobody can tell which of the two it was. `stall`: it waits for `heal`.
 */
export type StoreFault = 'fail' | 'lose-request' | 'lose-answer' | 'stall';

/** A method of a store that can go wrong: all but `close`. */
export type StoreMethod = Exclude<
  { [K in keyof Store]: Store[K] extends (...args: never) => unknown ? K : never }[keyof Store],
  'close'
>;

/** How a store goes wrong. */
export interface FaultyStoreOptions {
  /** Answers are delayed on its scheduler. */
  readonly clock: Clock;
  /** Numbers from 0 to less than 1, two a call; seeded by the test, so that a run can be had again. */
  readonly random: () => number;
  /** Least and most delay of an answer, ms; default: none. Wider than a call lasts, it reorders answers. */
  readonly delayMs?: readonly [number, number];
  /** Share of calls that `fail`, 0 to 1; default 0. The three rates together are at most 1. */
  readonly failRate?: number;
  /** Share of writing calls that `lose-request`; default 0. */
  readonly lostRequestRate?: number;
  /** Share of writing calls that `lose-answer`; default 0. */
  readonly lostAnswerRate?: number;
  /** Which methods go wrong; default: all. Delays are for all. */
  readonly only?: (method: StoreMethod) => boolean;
}

/** A store that goes wrong on purpose. */
export interface FaultyStore extends Store {
  /** From now on no call goes wrong, and those that stalled are done. Delays stay. */
  heal(): void;
  /** From now on every call (that `only` lets) goes wrong like this; without a fault: by the rates again. */
  break(fault?: StoreFault): void;
  /** Calls so far, `close` not counted. */
  readonly calls: number;
  /** Calls that failed for certain. */
  readonly failed: number;
  /** Calls whose request or answer was lost. */
  readonly lost: number;
  /** Calls that are waiting for `heal`. */
  readonly stalled: number;
}

/**
 * Puts faults before a store, to test what holds it. Calls reach `inner` in the order they were made, the
 * stalled ones when they go on; their answers come late and out of order. A read has nothing to be unsure
 * of: where its answer would be lost, it fails. `close` is never delayed and never goes wrong, so that a test
 * can always clear away; what stalled goes on then and finds the store closed.
 *
 * @throws InvalidOptionError for a rate or a delay that cannot be
 */
export const faultyStore = (inner: Store, options: FaultyStoreOptions): FaultyStore =>
  new Faulty(inner, options);

const WRITES: ReadonlySet<StoreMethod> = new Set([
  'create',
  'commit',
  'claim',
  'release',
  'remove',
] satisfies StoreMethod[]);

class Faulty implements FaultyStore {
  readonly durable: boolean;
  calls = 0;
  failed = 0;
  lost = 0;
  readonly #inner: Store;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #delayMs: readonly [number, number] | null;
  readonly #rates: readonly (readonly [StoreFault, number])[];
  readonly #only: (method: StoreMethod) => boolean;
  #mode: StoreFault | 'healthy' | 'by-rates' = 'by-rates';
  #waiting: (() => void)[] = [];

  constructor(inner: Store, options: FaultyStoreOptions) {
    this.durable = inner.durable;
    this.#inner = inner;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#delayMs = options.delayMs ?? null;
    this.#rates = [
      ['fail', rate('failRate', options.failRate)],
      ['lose-request', rate('lostRequestRate', options.lostRequestRate)],
      ['lose-answer', rate('lostAnswerRate', options.lostAnswerRate)],
    ];
    this.#only = options.only ?? (() => true);
    const [least, most] = this.#delayMs ?? [0, 0];
    if (!(least >= 0 && least <= most && most < Infinity)) {
      throw new InvalidOptionError('delayMs', `${least} to ${most}`, '[least, most], from 0 up');
    }
    const sum = this.#rates.reduce((total, [, share]) => total + share, 0);
    if (sum > 1) throw new InvalidOptionError('the sum of the rates', sum, 'at most 1');
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
  dueBefore: Store['dueBefore'] = (at, limit) =>
    this.#call('dueBefore', () => this.#inner.dueBefore(at, limit));
  remove: Store['remove'] = (held) => this.#call('remove', () => this.#inner.remove(held));

  close(): Promise<void> {
    this.heal();
    return this.#inner.close();
  }

  get stalled(): number {
    return this.#waiting.length;
  }

  heal(): void {
    this.#mode = 'healthy';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  break(fault?: StoreFault): void {
    this.#mode = fault ?? 'by-rates';
  }

  async #call<T>(method: StoreMethod, act: () => Promise<T>): Promise<T> {
    this.calls += 1;
    // Both numbers are drawn for every call: one rate changed does not change what befalls the other calls.
    const [fate, share] = [this.#random(), this.#random()];
    const fault = this.#only(method) ? this.#faultAt(fate, WRITES.has(method)) : null;
    if (fault === 'stall') await new Promise<void>((go) => this.#waiting.push(go));
    const acts = fault !== 'fail' && fault !== 'lose-request';
    // Begun before the wait, so that the wait starts now; its outcome is held back, a rejection too.
    const outcome = acts ? settled(act()) : null;
    await this.#delay(share);
    if (fault === 'fail') {
      this.failed += 1;
      throw new Error(`${method} was made to fail`);
    }
    const answer = await outcome;
    if (answer === null || fault === 'lose-answer') {
      this.lost += 1;
      throw new OutcomeUnknown(method);
    }
    return answer();
  }

  #faultAt(fate: number, writes: boolean): StoreFault | null {
    if (this.#mode === 'healthy') return null;
    let fault: StoreFault | null = this.#mode === 'by-rates' ? null : this.#mode;
    if (this.#mode === 'by-rates') {
      let below = 0;
      for (const [kind, share] of this.#rates) {
        below += share;
        if (fault === null && fate < below) fault = kind;
      }
    }
    return !writes && (fault === 'lose-request' || fault === 'lose-answer') ? 'fail' : fault;
  }

  #delay(share: number): Promise<void> | undefined {
    if (this.#delayMs === null) return undefined;
    const [least, most] = this.#delayMs;
    const delayMs = least + share * (most - least);
    return new Promise((answer) => {
      this.#clock.scheduler.schedule(() => answer(), delayMs);
    });
  }
}

/** The outcome as something to call: it can be held back without an unhandled rejection. */
const settled = async <T>(answer: Promise<T>): Promise<() => T> => {
  try {
    const value = await answer;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
};

const rate = (option: string, value = 0): number => {
  if (value >= 0 && value <= 1) return value;
  throw new InvalidOptionError(option, value, 'from 0 to 1');
};
