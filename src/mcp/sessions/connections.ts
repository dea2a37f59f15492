import { DrainingError, SessionNotFoundError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Session } from '../../runtime/session.ts';
import { SERVER_CLOSING, SESSION_ENDED } from './answers.ts';
import type { Connection } from './connection.ts';

/** A connection that stays for whoever has this, until it is given back. */
export interface Held {
  readonly connection: Connection;
  /** Gives it back. Once. */
  release(): void;
}

/** Makes the connection of a session. */
export type Make = (session: Session) => Promise<Connection>;

/** Why a connection is dropped: its session has ended, is put away, or is not served here any more; or it was never made. */
export type Dropped = 'ended' | 'rested' | 'left' | 'failed';

/** What is told whoever waits for one that is dropped. */
const refusalOf = (over: Dropped): Error =>
  over === 'ended' ? new SessionNotFoundError() : new DrainingError(LIMITS.retryAfterMs);

const ENDING: readonly string[] = ['terminating', 'terminated'];

/** What a session has in this process, or is being given. */
class Entry {
  readonly id: string;
  readonly session: Session;
  /** `null` while it is being made. */
  connection: Connection | null = null;
  /** Rejects where it is dropped first: whoever waits for it does not wait for a factory that hangs. */
  readonly made: Promise<Connection>;
  succeed: (connection: Connection) => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;
  /** Requests that are at it. */
  holds = 0;
  /** `null`: it lives. */
  over: Dropped | null = null;
  /** Its session was put away, as far as has been told: one that is gone without that goes on elsewhere. */
  rested: boolean;
  stopWatching: () => void = () => undefined;
  readonly #review: (entry: Entry) => void;

  constructor(session: Session, review: (entry: Entry) => void) {
    this.id = session.id;
    this.session = session;
    this.rested = session.info().residency !== 'resident';
    this.made = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
    this.#review = review;
  }

  hold(connection: Connection): Held {
    let held = true;
    return {
      connection,
      release: () => {
        if (held) this.release();
        held = false;
      },
    };
  }

  release(): void {
    this.holds -= 1;
    this.#review(this);
  }
}

/**
 * The connections of one endpoint, by session. One lives while its session is in memory, or somebody is at it; then
 * nothing of it is left, and whoever comes next has it made again: once, however many ask.
 */
export class Connections {
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  readonly #onDropped: (id: string, over: Dropped) => void;
  #closed = false;

  /** @param onDropped told of each that is dropped. */
  constructor(onDropped: (id: string, over: Dropped) => void) {
    this.#onDropped = onDropped;
  }

  /** Sessions that have a connection, or are being given one. */
  get size(): number {
    return this.#entries.size;
  }

  /** The connection of a session that has one at this moment. */
  get(id: string): Connection | null {
    return this.#entries.get(id)?.connection ?? null;
  }

  /** Whether a session has one, or is being given one. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** The same as `hold`, at once, for a session that has a connection at this moment; `null`: it has none. */
  held(id: string): Held | null {
    const entry = this.#entries.get(id);
    if (entry?.connection == null) return null;
    entry.holds += 1;
    return entry.hold(entry.connection);
  }

  /**
   * The connection of a session, made by `make` where there is none. Rejects with what `make` does (then the next one
   * who asks tries again), `SessionNotFoundError` where the session ended meanwhile, `DrainingError` once this is closed,
   * or where the session goes on elsewhere.
   */
  async hold(session: Session, make: Make): Promise<Held> {
    if (this.#closed) throw new DrainingError(LIMITS.retryAfterMs);
    const entry = this.#entries.get(session.id) ?? this.#begin(session, make);
    entry.holds += 1;
    const connection = await entry.made;
    if (entry.over !== null) throw refusalOf(entry.over);
    return entry.hold(connection);
  }

  /** Closes them all, and makes no others. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) this.#drop(entry, 'left');
    await Promise.all(this.#closing);
  }

  #begin(session: Session, make: Make): Entry {
    const entry = new Entry(session, (one) => this.#review(one));
    this.#entries.set(entry.id, entry);
    make(session).then(
      (connection) => {
        entry.connection = connection;
        if (entry.over === null) entry.succeed(connection);
        else this.#shut(connection, entry.over);
      },
      (error: unknown) => {
        entry.fail(error);
        this.#drop(entry, 'failed');
      },
    );
    entry.stopWatching = this.#watch(entry);
    return entry;
  }

  /**
   * Drops it when its session ends (at once, and not only when that is recorded), is put away, or goes on elsewhere.
   * Not by `session.signal`: one that was asked for keeps what is known of a stored session in memory for good.
   */
  #watch(entry: Entry): () => void {
    const { session } = entry;
    const drop = (): void => this.#drop(entry, 'ended');
    const watchActor = () =>
      session.actor.subscribe(({ value }) => {
        if (ENDING.includes(value)) drop();
      });
    let actor = watchActor();
    const unsubscribe = session.subscribe(({ type }) => {
      if (type === 'session.hibernated') {
        entry.rested = true;
        this.#review(entry);
      }
      if (type === 'session.rotated') this.#review(entry);
      if (type !== 'session.woken' || entry.over !== null) return;
      entry.rested = false;
      // It has another actor from now on, and has forgotten what was to be kept.
      actor.unsubscribe();
      actor = watchActor();
      entry.connection?.collectAtRest();
    });
    // What no actor tells: one that threw, a session that ends while it is stored, one that goes on elsewhere.
    const stop = new AbortController();
    session
      .waitFor('terminated', { signal: stop.signal })
      .then(drop, () => this.#drop(entry, 'left'));
    return () => {
      actor.unsubscribe();
      unsubscribe();
      stop.abort();
    };
  }

  /**
   * Drops it where nobody is at it and its session is not in memory, or has another id: clients of this protocol never
   * learn of that one, and a server that somebody else asks for by it has a connection of its own.
   */
  #review(entry: Entry): void {
    if (entry.over !== null || entry.holds > 0) return;
    const isRotated = entry.session.id !== entry.id;
    const { residency } = entry.session.info();
    if (!isRotated && residency !== 'stored' && residency !== 'waking') return;
    this.#drop(entry, entry.rested && !isRotated ? 'rested' : 'left');
  }

  #drop(entry: Entry, over: Dropped): void {
    if (entry.over !== null) return;
    entry.over = over;
    this.#entries.delete(entry.id);
    entry.stopWatching();
    if (entry.connection === null) entry.fail(refusalOf(over));
    else this.#shut(entry.connection, over);
    this.#onDropped(entry.id, over);
  }

  #shut(connection: Connection, over: Dropped): void {
    const closing = connection.close(over === 'left' ? SERVER_CLOSING : SESSION_ENDED);
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}
