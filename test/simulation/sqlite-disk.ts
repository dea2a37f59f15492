import type { Unsubscribable } from 'rxjs';
import { StoreError } from '../../src/errors.ts';
import type { JournalEntry, SessionRecord, Store } from '../../src/store/contract.ts';
import { type Answer, type Call, READS } from '../../src/store/sqlite/calls.ts';
import { entryOf, recordOf } from '../../src/store/sqlite/records.ts';
import { SqliteStore } from '../../src/store/sqlite/store.ts';
import { openDatabase } from '../../src/store/sqlite/thread/database.ts';
import type { Database, Driver, Statement } from '../../src/store/sqlite/thread/driver.ts';
import { Engine } from '../../src/store/sqlite/thread/engine.ts';
import { lastOpening } from '../../src/store/sqlite/thread/record-calls.ts';
import { entryOf as entryRowOf, rowOf } from '../../src/store/sqlite/thread/sql-rows.ts';
import { ALIVE, META } from '../../src/store/sqlite/thread/statements.ts';
import type { SimulatedDisk } from '../../src/testing/simulated-disk.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { Chance } from './chance.ts';
import { Connection } from './connection.ts';
import { driverOf, FailingDatabase } from './failing-database.ts';
import { type Allowed, SqliteFaults } from './sqlite-faults.ts';
import { type Done, SqliteThread } from './sqlite-thread.ts';

/** Options of `SqliteDisk`. */
export interface SqliteDiskOptions {
  /** Syncs and answers take their time on its scheduler. */
  readonly clock: Clock;
  readonly driver: Driver;
  /** How long a sync takes, ms; 0 is a microtask. */
  readonly syncMs: () => number;
  /** What befalls groups is drawn from it. */
  readonly chance: Chance;
  /** Asked before each group. */
  readonly allowed: () => Allowed;
  /** Told of each fault, for the coverage. */
  readonly met: (what: string) => void;
  /** The process is to be killed now. */
  readonly onKilled: (why: string) => void;
  /** The thread has ended: whatever is asked from now on fails, until the process is started again. */
  readonly onEnded: () => void;
}

/** One process's store, and the thread below it. */
interface Opened {
  readonly connection: Connection;
  readonly thread: SqliteThread;
  readonly engine: Engine;
}

const reads: ReadonlySet<string> = new Set(READS);

const writesOf = (group: readonly Call[]): number =>
  group.filter(({ op }) => !reads.has(op)).length;

/**
 * A disk whose connections are real SQLite stores over a real database in memory: the same statements, transactions and
 * groups as on a server, in the time of the world, with a thread that is none. What it cannot show is what belongs to the
 * file: its log, its locks, and the copying between threads.
 */
export class SqliteDisk implements SimulatedDisk {
  readonly clock: Clock;
  syncs = 0;
  readonly #options: SqliteDiskOptions;
  readonly #faults: SqliteFaults;
  readonly #database: FailingDatabase;
  readonly #driver: Driver;
  readonly #recordsNow: Statement;
  readonly #journalNow: Statement;
  /** Behind the faults. */
  readonly #memory: Database;
  #opened: Opened | null = null;
  #full = false;

  constructor(options: SqliteDiskOptions) {
    const { clock, driver, chance, met } = options;
    this.clock = clock;
    this.#options = options;
    this.#faults = new SqliteFaults(chance, met);
    const memory = driver.open(':memory:');
    this.#memory = memory;
    this.#database = new FailingDatabase(memory);
    this.#driver = driverOf(this.#database, driver);
    openDatabase(this.#driver, ':memory:');
    this.#recordsNow = memory.prepare('SELECT * FROM sessions ORDER BY id');
    this.#journalNow = memory.prepare(
      `SELECT seq, epoch, data FROM journal
       WHERE session = (SELECT number FROM sessions WHERE id = ?) ORDER BY seq`,
    );
  }

  open(): Store {
    if (this.#opened !== null) throw new StoreError('another process has it open', null, false);
    this.#faults.restarted();
    if (this.#database.recover()) this.#options.met('sqlite: found in the log after a crash');
    const engine = new Engine(openDatabase(this.#driver, ':memory:'), this.#driver);
    const thread = new SqliteThread({
      later: (what, act) => this.#later(what, act),
      execute: (group) => this.#execute(engine, group),
      ended: () => this.#options.onEnded(),
      closed: () => {
        this.#database.closed();
        this.#opened = null;
      },
    });
    const connection = new Connection(new SqliteStore(thread, () => Promise.resolve()), () => {});
    this.#opened = { connection, thread, engine };
    return connection;
  }

  crash({ keep = 0 }: { readonly keep?: number } = {}): void {
    const opened = this.#opened;
    if (opened === null) return;
    const { connection, thread, engine } = opened;
    const groups = this.#database.killed ? [] : thread.waiting.slice(0, keep);
    connection.die();
    thread.die();
    this.#opened = null;
    this.#database.faults = null;
    for (const group of groups) engine.run(group);
  }

  full(isFull: boolean): void {
    this.#full = isFull;
  }

  /** The world is over. */
  end(): void {
    this.crash();
    this.#memory.close();
  }

  get inUse(): boolean {
    return this.#opened !== null;
  }

  /** Groups that write and are not done. */
  get unsynced(): number {
    return this.#opened?.thread.waiting.filter((group) => writesOf(group) > 0).length ?? 0;
  }

  get aliveAt(): number | null {
    const noted = this.#memory.prepare(META).get(ALIVE)?.['value'];
    return typeof noted === 'number' ? noted : null;
  }

  records(): readonly SessionRecord[] {
    const opening = lastOpening(this.#memory);
    return this.#recordsNow.all().map((row) => recordOf(rowOf(row, opening)));
  }

  journal(id: string): readonly JournalEntry[] {
    return this.#journalNow.all(id).map((row) => entryOf(entryRowOf(row)));
  }

  #later(what: 'sync' | 'answer', act: () => void): Unsubscribable | null {
    // Two groups may be ahead of a call: so that it takes no longer than on a disk that takes all that waits at once.
    const ms = this.#options.syncMs() / (what === 'sync' ? 2 : 4);
    if (ms > 0) return this.clock.scheduler.schedule(act, ms);
    queueMicrotask(act);
    return null;
  }

  #execute(engine: Engine, group: readonly Call[]): Done {
    const { allowed, met, onKilled } = this.#options;
    const fate = this.#faults.next(allowed(), writesOf(group));
    if (fate.endsFirst) {
      met('sqlite: its thread ended before the group');
      return { answers: [], ends: true };
    }
    const answers = this.#run(engine, group, this.#full ? this.#faults.full : fate.faults);
    if (answers === null) {
      onKilled('killed before COMMIT');
      return 'killed';
    }
    const { over } = fate;
    if (over !== null) met(`sqlite: ${over}`);
    const ends = over === 'its thread ended after the group';
    if (over === null || ends) return { answers, ends };
    onKilled(over);
    return 'killed';
  }

  /** `null`: the process was killed meanwhile. */
  #run(
    engine: Engine,
    group: readonly Call[],
    faults: FailingDatabase['faults'],
  ): readonly Answer[] | null {
    const database = this.#database;
    const begun = database.begun;
    database.faults = faults;
    const answers = engine.run(group);
    database.faults = null;
    this.syncs += 1;
    if (database.killed) return null;
    this.#meet(group, answers, database.begun - begun);
    return answers;
  }

  #meet(group: readonly Call[], answers: readonly Answer[], begun: number): void {
    const { met } = this.#options;
    const written = group.map((call, at) => (reads.has(call.op) ? undefined : answers[at]));
    const asked = written.filter((answer) => answer !== undefined);
    const apart = asked.length > 1 && begun > asked.length;
    if (apart && asked.some((answer) => 'value' in answer)) {
      met('sqlite: refused together, done one by one');
    }
  }
}
