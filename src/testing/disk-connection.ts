import type { Unsubscribable } from 'rxjs';
import { StoreError } from '../errors.ts';
import type { Store } from '../store/contract.ts';
import type { RecordTable } from '../store/record-table.ts';
import type { TableWrite } from '../store/record-write.ts';

/** What a connection needs of its disk. */
export interface ConnectedDisk {
  /** Begins a sync and calls `synced` when it is over, in no case before it returns. Returns its timer, if there is one. */
  sync(synced: () => void): Unsubscribable | null;
  /** These are durable now. */
  keep(writes: readonly TableWrite[]): void;
  isFull(): boolean;
  /** The connection is closed, and all it wrote is durable. */
  closed(): void;
}

/** A write that is not durable yet, and what tells the one who asked for it that it is. */
interface Unsynced {
  readonly write: TableWrite;
  readonly acknowledge: () => void;
}

/**
 * What one process has of the disk. Each promise it gives is settled in one step and never after a crash, so that an
 * answer has left or it never comes.
 */
export class DiskConnection implements Store {
  readonly durable = true;
  readonly #disk: ConnectedDisk;
  /** What this process reads: what is durable, and its own writes since. */
  readonly #table: RecordTable;
  #unsynced: Unsynced[] = [];
  #syncing = false;
  #timer: Unsubscribable | null = null;
  #closing: Promise<void> | null = null;
  #closed: (() => void) | null = null;
  #dead = false;

  /** @param table its own: nobody else applies anything to it */
  constructor(table: RecordTable, disk: ConnectedDisk) {
    this.#table = table;
    this.#disk = disk;
  }

  create: Store['create'] = (given) =>
    this.#write(
      () => this.#table.toCreate(given),
      ({ after }) => after,
    );
  load: Store['load'] = (id) => this.#read(() => this.#table.load(id));
  find: Store['find'] = (principal, key) => this.#read(() => this.#table.find(principal, key));
  commit: Store['commit'] = (held, change) =>
    this.#write(
      () => this.#table.toCommit(held, change),
      ({ after }) => after,
    );
  claim: Store['claim'] = (id, owner) =>
    this.#write(
      () => this.#table.toClaim(id, owner),
      (claim) => claim?.after ?? null,
    );
  release: Store['release'] = (held) =>
    this.#write(
      () => this.#table.toRelease(held),
      () => {},
    );
  readJournal: Store['readJournal'] = (id, page) =>
    this.#read(() => this.#table.readJournal(id, page));
  list: Store['list'] = (filter) => this.#read(() => this.#table.list(filter));
  dueBefore: Store['dueBefore'] = (...asked) => this.#read(() => this.#table.dueBefore(...asked));
  count: Store['count'] = (filter) => this.#read(() => this.#table.count(filter));
  alive: Store['alive'] = (at) => {
    const before = this.#table.aliveAt;
    return this.#write(
      () => this.#table.toNoteAlive(at),
      () => before,
    );
  };
  remove: Store['remove'] = (held) =>
    this.#write(
      () => this.#table.toRemove(held),
      () => {},
    );

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = () => {
        this.#disk.closed();
        resolve();
      };
      if (!this.#syncing) this.#soon(this.#closed);
    });
    return this.#closing;
  }

  /** How many writes are not synced. */
  get unsynced(): number {
    return this.#unsynced.length;
  }

  /** The process is gone. Returns what was not synced. */
  die(): readonly TableWrite[] {
    this.#dead = true;
    this.#timer?.unsubscribe();
    const writes = this.#unsynced.map(({ write }) => write);
    this.#unsynced = [];
    return writes;
  }

  #read<T>(read: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#attempt(reject, () => {
        const value = read();
        this.#soon(() => resolve(value));
      });
    });
  }

  /** `prepare` gives `null` where there is nothing to write. */
  #write<W extends TableWrite | null, T>(prepare: () => W, answerOf: (write: W) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#attempt(reject, () => {
        const write = prepare();
        const acknowledge = () => resolve(answerOf(write));
        if (write === null) return this.#soon(acknowledge);
        if (this.#disk.isFull()) throw new Error('The simulated disk is full.');
        this.#table.apply(write);
        this.#unsynced.push({ write, acknowledge });
        if (this.#syncing) return;
        this.#syncing = true;
        // In a microtask: what the caller writes in the same stretch goes with this sync.
        this.#soon(() => this.#sync());
      });
    });
  }

  /** Does what a caller asked for, unless the process is gone or has closed it; what it throws is the answer. */
  #attempt(reject: (error: unknown) => void, act: () => void): void {
    if (this.#dead) return;
    try {
      if (this.#closing !== null) throw new StoreError('it is closed', undefined, false);
      act();
    } catch (error) {
      this.#soon(() => reject(error));
    }
  }

  #soon(act: () => void): void {
    queueMicrotask(() => {
      if (!this.#dead) act();
    });
  }

  #sync(): void {
    const group = this.#unsynced.length;
    this.#timer = this.#disk.sync(() => {
      if (!this.#dead) this.#synced(group);
    });
  }

  #synced(group: number): void {
    const durable = this.#unsynced.splice(0, group);
    this.#disk.keep(durable.map(({ write }) => write));
    for (const { acknowledge } of durable) acknowledge();
    this.#syncing = this.#unsynced.length > 0;
    if (this.#syncing) this.#sync();
    else this.#closed?.();
  }
}
