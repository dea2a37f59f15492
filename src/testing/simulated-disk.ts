import type { Unsubscribable } from 'rxjs';
import { InvalidOptionError, StoreError } from '../errors.ts';
import type { JournalEntry, SessionRecord, Store } from '../store/contract.ts';
import { RecordTable } from '../store/record-table.ts';
import type { Clock } from '../time/clock.ts';
import { DiskConnection } from './disk-connection.ts';

/** Options of `createSimulatedDisk`. */
export interface SimulatedDiskOptions {
  /** Syncs take their time on its scheduler. */
  readonly clock: Clock;
  /**
   * How long a sync takes, ms, or what to ask for each sync. From 0 up; default 0: no time passes and no timer is set,
   * the sync is over a microtask after it began.
   */
  readonly syncMs?: number | (() => number);
}

/** A disk that outlives the processes which use it, one at a time. */
export interface SimulatedDisk {
  /** What its syncs take their time on. A runtime over it must live on the same: see `createTestRuntime`. */
  readonly clock: Clock;
  /**
   * One process's connection, a `durable` store. It finds what is durable, in which nobody holds anything any more.
   * What it writes can be read through it at once, and is acknowledged when it is synced, in the order of the writes:
   * all that was written until a sync begins goes with it. A refusal and a read are answered without a sync.
   * @throws StoreError, not retryable, while another connection is open: until its `close` has answered, or a crash
   */
  open(): Store;
  /**
   * The process is gone: what its connection was asked is never answered, and what it is asked from now on neither, nor
   * done, `close` included. Of the writes that were not synced the first `keep` are durable all the same (a write can
   * reach the disk without its answer), the others are lost. Without effect while nothing is open.
   *
   * @param options.keep from 0 up, default 0; more than there are is all of them
   * @throws InvalidOptionError for another `keep`
   */
  crash(options?: { readonly keep?: number }): void;
  /** Whether there is no space: writes fail with a plain Error, certain, nothing changed; reads and refusals go on. */
  full(isFull: boolean): void;
  /** Whether a connection is open. */
  readonly inUse: boolean;
  /** Writes of the open connection that are not synced, in order: what a crash loses, or keeps the first of. */
  readonly unsynced: number;
  /** Syncs so far. */
  readonly syncs: number;
  /** The highest wall time that was durably noted by `alive`; `null`: none. */
  readonly aliveAt: number | null;
  /** The records that are durable now, in the order of their ids. O(n). */
  records(): readonly SessionRecord[];
  /** The journal that is durable now; empty for an id that is not there. */
  journal(id: string): readonly JournalEntry[];
}

/**
 * Makes a durable store for tests of what survives a crash: it lives in memory, outlives the runtime that uses it, and
 * loses what was not synced.
 *
 *     const disk = createSimulatedDisk({ clock, syncMs: 5 });
 *     const store = disk.open();   // for the first runtime
 *     disk.crash();                // that process is gone
 *     const after = disk.open();   // for the next one
 *
 * The trap: only the connection dies in a crash. What else belongs to that process, its runtime and its timers, runs
 * on; drop it, and do not wait for it. A `faultyStore` before the connection has a `crash` of its own.
 *
 * @throws InvalidOptionError for a `syncMs` that cannot be; one that a function gives is refused when the sync begins,
 * where nobody can catch it
 */
export const createSimulatedDisk = (options: SimulatedDiskOptions): SimulatedDisk =>
  new Disk(options);

class Disk implements SimulatedDisk {
  readonly clock: Clock;
  syncs = 0;
  readonly #syncMs: () => number;
  /** What is durable. */
  #durable = new RecordTable();
  #connection: DiskConnection | null = null;
  #full = false;

  constructor({ clock, syncMs = 0 }: SimulatedDiskOptions) {
    this.clock = clock;
    this.#syncMs = typeof syncMs === 'function' ? () => duration(syncMs()) : () => syncMs;
    if (typeof syncMs === 'number') duration(syncMs);
  }

  open(): Store {
    if (this.#connection !== null) throw new StoreError('another process has it open', null, false);
    this.#durable = this.#durable.reopened();
    this.#connection = new DiskConnection(this.#durable.reopened(), {
      sync: (synced) => this.#sync(synced),
      keep: (writes) => {
        this.syncs += 1;
        for (const write of writes) this.#durable.apply(write);
      },
      isFull: () => this.#full,
      closed: () => {
        this.#connection = null;
      },
    });
    return this.#connection;
  }

  crash({ keep = 0 }: { readonly keep?: number } = {}): void {
    if (!(keep >= 0)) throw new InvalidOptionError('keep', keep, 'from 0 up');
    const unsynced = this.#connection?.die() ?? [];
    this.#connection = null;
    for (const write of unsynced.slice(0, keep)) this.#durable.apply(write);
  }

  full(isFull: boolean): void {
    this.#full = isFull;
  }

  get inUse(): boolean {
    return this.#connection !== null;
  }

  get unsynced(): number {
    return this.#connection?.unsynced ?? 0;
  }

  get aliveAt(): number | null {
    return this.#durable.aliveAt;
  }

  records(): readonly SessionRecord[] {
    return this.#durable.list({ limit: Infinity }).records;
  }

  journal(id: string): readonly JournalEntry[] {
    return this.#durable.readJournal(id, { after: 0, limit: Infinity });
  }

  #sync(synced: () => void): Unsubscribable | null {
    const syncMs = this.#syncMs();
    if (syncMs > 0) return this.clock.scheduler.schedule(synced, syncMs);
    queueMicrotask(synced);
    return null;
  }
}

const duration = (syncMs: number): number => {
  if (syncMs >= 0 && syncMs < Infinity) return syncMs;
  throw new InvalidOptionError('syncMs', syncMs, 'from 0 up');
};
