import type { Change, JournalEntry, SessionRecord, Store } from '../../src/index.ts';
import { OutcomeUnknown } from '../../src/index.ts';
import type { SimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { LastRead } from './last-read.ts';

/** A session as the store durably has it. */
export interface Kept {
  readonly record: SessionRecord;
  /** What is in its journal, in order; the first one may not be number 1. */
  readonly journal: readonly JournalEntry[];
}

/** One write that became durable. */
export interface Written {
  readonly what: 'create' | 'commit' | 'claim' | 'release' | 'remove' | 'survived';
  /** `null`: it is new. */
  readonly before: Kept | null;
  /** `null`: it was removed. */
  readonly after: Kept | null;
  readonly change: Change | null;
  /** The moment at which the write was asked for, in the world's one order of moves and writes. */
  readonly began: number;
}

type How = Pick<Written, 'what' | 'began' | 'change'>;

const NOTHING: readonly JournalEntry[] = [];

/**
 * What is durable, kept beside the store, behind all faults: it learns of each write as the disk has acknowledged it,
 * and of what survived a crash without an acknowledgement as the disk is opened again.
 */
export class Truth {
  readonly kept = new Map<string, Kept>();
  /** Ticks at each move of an actor and each request of a write. */
  order = 0;
  /** The highest wall time that a process noted. */
  highestAlive = Number.NEGATIVE_INFINITY;
  /** The ids that were not found as they had been read, though nobody had asked for a change since. */
  changedUnasked: readonly string[] = [];
  #lastRead = new LastRead();
  /** When everything was read anew, in the one order: what was asked for before is in that, or will never be. */
  #reloaded = 0;
  readonly #disk: SimulatedDisk;
  readonly #wrote: (written: Written) => void;
  readonly #doubted: (isThere: boolean) => void;

  /**
   * @param wrote told of each write
   * @param doubted told of each whose outcome the store could not tell
   */
  constructor(
    disk: SimulatedDisk,
    wrote: (written: Written) => void,
    doubted: (isThere: boolean) => void,
  ) {
    this.#disk = disk;
    this.#wrote = wrote;
    this.#doubted = doubted;
  }

  get records(): SessionRecord[] {
    return [...this.kept.values()].map(({ record }) => record);
  }

  /** The store with a watch on it. */
  over(store: Store): Store {
    const lastRead = new LastRead();
    this.#lastRead = lastRead;
    return {
      durable: store.durable,
      create: async (given) => {
        const how = this.#begin('create');
        const record = await this.#answer(lastRead, store.create(given), how, given.id);
        this.#put(how, null, { record, journal: NOTHING });
        return record;
      },
      commit: async (held, change) => {
        const how = this.#begin('commit', change);
        const { id } = held;
        const record = await this.#answer(lastRead, store.commit(held, change), how, id);
        const before = this.kept.get(id) ?? null;
        const journal = journalAfter(before, record, change);
        this.#put(how, before, { record, journal });
        return record;
      },
      claim: async (id, owner) => {
        const how = this.#begin('claim');
        const record = await this.#answer(lastRead, store.claim(id, owner), how, id);
        if (record === null) return null;
        const before = this.kept.get(id) ?? null;
        this.#put(how, before, { record, journal: before?.journal ?? NOTHING });
        return record;
      },
      release: async (held) => {
        const how = this.#begin('release');
        await this.#answer(lastRead, store.release(held), how, held.id);
        const record = this.#disk.records().find(({ id }) => id === held.id);
        const before = this.kept.get(held.id) ?? null;
        if (record === undefined || before === null) return;
        this.#put(how, before, { ...before, record });
      },
      remove: async (held) => {
        const how = this.#begin('remove');
        const { id } = held;
        await this.#answer(lastRead, store.remove(held), how, id);
        this.#removed(how, id);
      },
      alive: async (at) => {
        const highest = await store.alive(at);
        this.highestAlive = Math.max(this.highestAlive, at);
        return highest;
      },
      load: (id) => {
        const answer = store.load(id);
        answer.then(
          (record) => lastRead.read(id, record),
          () => {},
        );
        return answer;
      },
      find: (principal, key) => store.find(principal, key),
      readJournal: (id, page) => store.readJournal(id, page),
      list: (filter) => store.list(filter),
      dueBefore: (...asked) => store.dueBefore(...asked),
      count: (filter) => store.count(filter),
      close: () => store.close(),
    };
  }

  /** Reads everything anew after a crash: what nobody was told of may have survived, and what was told must have. */
  reload(): void {
    const found = new Map<string, Kept>();
    for (const record of this.#disk.records()) {
      found.set(record.id, { record, journal: this.#disk.journal(record.id) });
    }
    this.changedUnasked = this.#lastRead.otherThan(found);
    this.#lastRead = new LastRead();
    const began = this.#next();
    this.#reloaded = began;
    const lost = [...this.kept].filter(([id]) => !found.has(id));
    for (const [id, after] of found) {
      const before = this.kept.get(id) ?? null;
      // A rename that nobody was told of: the record that is missing is this one.
      const moved = before === null ? lost.findIndex(([, one]) => sameSession(one, after)) : -1;
      const [old] = moved < 0 ? [] : lost.splice(moved, 1);
      if (old !== undefined) this.kept.delete(old[0]);
      const earlier = old?.[1] ?? before;
      if (earlier?.record.token === after.record.token) continue;
      this.#put({ what: 'survived', began, change: null }, earlier, after);
    }
    for (const [id, before] of lost) {
      this.kept.delete(id);
      this.#wrote({ what: 'survived', began, before, after: null, change: null });
    }
  }

  #begin(what: How['what'], change: Change | null = null): How {
    return { what, began: this.#next(), change };
  }

  /** Waits no longer than the answer takes: what is known of the disk is known before anybody has it. */
  #answer<T>(lastRead: LastRead, answer: Promise<T>, how: How, id: string): Promise<T> {
    const ids = [id, how.change?.id ?? id];
    lastRead.asks(ids);
    answer.then(
      () => lastRead.answered(ids),
      (error: unknown) => {
        lastRead.answered(ids);
        if (error instanceof OutcomeUnknown) this.#doubted(this.#look(how, id));
      },
    );
    return answer;
  }

  /** The store cannot tell whether a write was done; the disk can. Returns whether it was. */
  #look(how: How, id: string): boolean {
    const { what, change } = how;
    const idAfter = change?.id ?? id;
    const record = this.#disk.records().find((one) => one.id === idAfter);
    const before = this.kept.get(id) ?? null;
    if (what === 'remove') {
      if (record !== undefined || before === null) return false;
      this.#removed(how, id);
      return true;
    }
    const known = this.kept.get(idAfter) ?? before;
    if (record === undefined || record.token === known?.record.token) return false;
    this.#put(how, before, { record, journal: this.#disk.journal(idAfter) });
    return true;
  }

  #removed(how: How, id: string): void {
    if (how.began < this.#reloaded) return;
    const before = this.kept.get(id) ?? null;
    this.kept.delete(id);
    this.#wrote({ ...how, before, after: null });
  }

  #next(): number {
    this.order += 1;
    return this.order;
  }

  #put(how: How, before: Kept | null, after: Kept): void {
    // The disk had answered, and the process was gone before anybody had that.
    if (how.began < this.#reloaded) return;
    if (before !== null && before.record.id !== after.record.id) this.kept.delete(before.record.id);
    this.kept.set(after.record.id, after);
    this.#wrote({ ...how, before, after });
  }
}

const journalAfter = (
  before: Kept | null,
  record: SessionRecord,
  change: Change,
): readonly JournalEntry[] => {
  const old = before?.journal ?? NOTHING;
  const { append = [], trimBefore } = change;
  if (append.length === 0 && trimBefore === undefined) return old;
  const from = record.journalSeq - append.length + 1;
  const entries = [
    ...old,
    ...append.map((data, index) => ({ seq: from + index, epoch: record.epoch, data })),
  ];
  return trimBefore === undefined ? entries : entries.filter(({ seq }) => seq >= trimBefore);
};

/** Whether two records are of one session, whatever its id: each is made with a number of its own. */
const sameSession = (one: Kept, other: Kept): boolean =>
  numberOf(one.record) === numberOf(other.record);

/** The number that the world gave a session as it asked for it. */
export const numberOf = ({ session }: SessionRecord): number => Number(session.metadata['n']);
