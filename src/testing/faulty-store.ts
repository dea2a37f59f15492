import type { Unsubscribable } from 'rxjs';
import { InvalidOptionError, OutcomeUnknown } from '../errors.ts';
import type { Store } from '../store/contract.ts';
import type { Clock } from '../time/clock.ts';

/**
 * What can happen to a call. `fail`: it fails before it does anything, with a plain Error: certain.
 * `lose-request`: it does nothing, and `lose-answer`: it is done, but either way the answer is
 * `OutcomeUnknown`, and nobody can tell which of the two it was. `stall`: it waits for `heal`, and is done then.
 * `hold-answer`: it is done at once, and its answer waits for `heal`; that of a read is stale when it comes.
 */
export type StoreFault = 'fail' | 'lose-request' | 'lose-answer' | 'stall' | 'hold-answer';

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
  /**
   * Least and most delay of an answer, ms; default: none. What is done is done at once and in order; wider than the
   * calls are apart, the delay reorders the answers, and makes stale ones: see `stale`.
   */
  readonly delayMs?: readonly [number, number];
  /** Share of calls that `fail`, 0 to 1; default 0. The three rates together are at most 1. */
  readonly failRate?: number;
  /** Share of writing calls that `lose-request`; default 0. */
  readonly lostRequestRate?: number;
  /** Share of writing calls that `lose-answer`; default 0. */
  readonly lostAnswerRate?: number;
  /** Which methods go wrong; default: all. Delays are for all. */
  readonly only?: (method: StoreMethod) => boolean;
  /** Told of each call that goes wrong, as it is made, and how: what was asked for by `break` may befall no call. */
  readonly onFault?: (method: StoreMethod, fault: StoreFault) => void;
}

/** A store that goes wrong on purpose. */
export interface FaultyStore extends Store {
  /** From now on no call goes wrong, and those that stalled are done. Delays stay. */
  heal(): void;
  /** From now on every call (that `only` lets) goes wrong like this; without a fault: by the rates again. */
  break(fault?: StoreFault): void;
  /**
   * The next call of this method goes wrong like this, whatever `only`, the rates and `break` say. Said twice, it is the
   * next two. `heal` takes back what was not yet used.
   */
  breakNext(method: StoreMethod, fault: StoreFault): void;
  /**
   * The process that holds it is gone: no call is answered any more, `close` neither, and none reaches the store. The
   * store behind it is left as it is; of a simulated disk, `crash` is called besides.
   */
  crash(): void;
  /** Calls so far, `close` not counted. */
  readonly calls: number;
  /** Calls that failed for certain. */
  readonly failed: number;
  /** Calls whose request or answer was lost. */
  readonly lost: number;
  /** Calls that are waiting for `heal`: to be done, or to be answered. */
  readonly stalled: number;
  /**
   * Reads that were answered with the state before a write which was acknowledged meanwhile, of whichever record. No
   * store can do worse: a read begun after a write was acknowledged always sees it.
   */
  readonly stale: number;
}

/**
 * Puts faults before a store, to test what holds it. Calls reach `inner` in the order they were made, the
 * stalled ones when they go on; their answers come late and out of order. A read has nothing to be unsure
 * of: where its answer would be lost, it fails. `close` is never delayed and never goes wrong, so that a test
 * can always clear away; what stalled goes on then and finds the store closed.
 *
 * It goes before a simulated disk as before any store: `faultyStore(disk.open(), options)`.
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
  'alive',
] satisfies StoreMethod[]);

class Faulty implements FaultyStore {
  readonly durable: boolean;
  calls = 0;
  failed = 0;
  lost = 0;
  stale = 0;
  readonly #inner: Store;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #delayMs: readonly [number, number] | null;
  readonly #rates: readonly (readonly [StoreFault, number])[];
  readonly #only: (method: StoreMethod) => boolean;
  readonly #onFault: FaultyStoreOptions['onFault'];
  #mode: StoreFault | 'healthy' | 'by-rates' = 'by-rates';
  #waiting: (() => void)[] = [];
  readonly #next = new Map<StoreMethod, StoreFault[]>();
  readonly #delays = new Set<Unsubscribable>();
  #crashed = false;
  /** Writes begun so far; each has its number. */
  #writes = 0;
  /** The highest number of a write that was acknowledged. */
  #acknowledged = 0;

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
    this.#onFault = options.onFault;
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
  dueBefore: Store['dueBefore'] = (...asked) =>
    this.#call('dueBefore', () => this.#inner.dueBefore(...asked));
  count: Store['count'] = (filter) => this.#call('count', () => this.#inner.count(filter));
  alive: Store['alive'] = (at) => this.#call('alive', () => this.#inner.alive(at));
  remove: Store['remove'] = (held) => this.#call('remove', () => this.#inner.remove(held));

  close(): Promise<void> {
    if (this.#crashed) return never();
    this.heal();
    return this.#inner.close();
  }

  get stalled(): number {
    return this.#waiting.length;
  }

  heal(): void {
    this.#mode = 'healthy';
    this.#next.clear();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  break(fault?: StoreFault): void {
    this.#mode = fault ?? 'by-rates';
  }

  breakNext(method: StoreMethod, fault: StoreFault): void {
    this.#next.set(method, [...(this.#next.get(method) ?? []), fault]);
  }

  crash(): void {
    this.#crashed = true;
    this.#waiting = [];
    for (const delay of this.#delays) delay.unsubscribe();
    this.#delays.clear();
  }

  #call<T>(method: StoreMethod, act: () => Promise<T>): Promise<T> {
    if (this.#crashed) return never();
    // Settled here and not by an async function: an answer leaves in one step, or the crash came first.
    return new Promise((resolve, reject) => {
      const unlessCrashed = (settle: () => void): void => {
        if (!this.#crashed) settle();
      };
      this.#befall(method, act).then(
        (answer) => unlessCrashed(() => resolve(answer)),
        (error) => unlessCrashed(() => reject(error)),
      );
    });
  }

  async #befall<T>(method: StoreMethod, act: () => Promise<T>): Promise<T> {
    this.calls += 1;
    const writes = WRITES.has(method);
    // Both numbers are drawn for every call: one rate changed does not change what befalls the other calls.
    const [fate, share] = [this.#random(), this.#random()];
    const fault = this.#faultOf(method, fate);
    if (fault !== null) this.#onFault?.(method, fault);
    if (fault === 'stall') await this.#healing();
    const acts = fault !== 'fail' && fault !== 'lose-request';
    if (writes && acts) this.#writes += 1;
    const begun = this.#writes;
    // Begun before the wait, so that the wait starts now; its outcome is held back, a rejection too.
    const outcome = acts ? settled(act()) : null;
    await this.#delay(share);
    if (fault === 'hold-answer') await this.#healing();
    if (fault === 'fail') {
      this.failed += 1;
      throw new Error(`${method} was made to fail`);
    }
    const answer = await outcome;
    if (answer === null || fault === 'lose-answer') {
      this.lost += 1;
      throw new OutcomeUnknown(method);
    }
    const value = answer();
    if (writes) this.#acknowledged = Math.max(this.#acknowledged, begun);
    else if (this.#acknowledged > begun) this.stale += 1;
    return value;
  }

  /** What befalls this call. A read has nothing to be unsure of: where its answer would be lost, it fails. */
  #faultOf(method: StoreMethod, fate: number): StoreFault | null {
    const next = this.#next.get(method)?.shift();
    const fault = next ?? (this.#only(method) ? this.#faultAt(fate) : null);
    const lost = fault === 'lose-request' || fault === 'lose-answer';
    return lost && !WRITES.has(method) ? 'fail' : fault;
  }

  #faultAt(fate: number): StoreFault | null {
    if (this.#mode === 'healthy') return null;
    if (this.#mode !== 'by-rates') return this.#mode;
    let below = 0;
    for (const [kind, share] of this.#rates) {
      below += share;
      if (fate < below) return kind;
    }
    return null;
  }

  #healing(): Promise<void> {
    return new Promise((go) => this.#waiting.push(go));
  }

  #delay(share: number): Promise<void> | undefined {
    if (this.#delayMs === null) return undefined;
    const [least, most] = this.#delayMs;
    const delayMs = least + share * (most - least);
    return new Promise((answer) => {
      const delay = this.#clock.scheduler.schedule(() => {
        this.#delays.delete(delay);
        answer();
      }, delayMs);
      this.#delays.add(delay);
    });
  }
}

const never = <T>(): Promise<T> => new Promise(() => {});

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
