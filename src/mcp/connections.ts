import { DrainingError, SessionNotFoundError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Session } from '../runtime/session.ts';
import type { Connection } from './connection.ts';

/** A connection that stays for whoever has this, until it is given back. */
export interface Held {
  readonly connection: Connection;
  /** Gives it back. Once. */
  release(): void;
}

/** Makes the connection of a session. */
export type Make = (session: Session) => Promise<Connection>;

/** What a session has in this process, or is being given. */
interface Entry {
  readonly id: string;
  readonly session: Session;
  made: Promise<Connection>;
  /** `null` while it is being made. */
  connection: Connection | null;
  /** Requests and streams that are at it. */
  holds: number;
  /** It is dropped: its session has ended, or is not served here any more. `null`: it lives. */
  over: 'ended' | 'left' | null;
  stopWatching: () => void;
}

const ENDING: readonly string[] = ['terminating', 'terminated'];

/**
 * The connections of one endpoint, by session. One lives while its session is in memory, or somebody is at it; then
 * nothing of it is left, and whoever comes next has it made again: once, however many ask.
 */
export class Connections {
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  /** Sessions that have a connection, or are being given one. */
  get size(): number {
    return this.#entries.size;
  }

  /** The connection of a session that has one at this moment. */
  get(id: string): Connection | null {
    return this.#entries.get(id)?.connection ?? null;
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
    const release = (): void => {
      entry.holds -= 1;
      this.#review(entry);
    };
    const connection = await entry.made;
    if (entry.over === 'ended') throw new SessionNotFoundError();
    if (entry.over === 'left') throw new DrainingError(LIMITS.retryAfterMs);
    return { connection, release };
  }

  /** Closes them all, and makes no others. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const entry of this.#entries.values()) this.#drop(entry, 'left');
    await Promise.all(this.#closing);
  }

  #begin(session: Session, make: Make): Entry {
    const { id } = session;
    const made = make(session);
    const entry: Entry = {
      id,
      session,
      made,
      connection: null,
      holds: 0,
      over: null,
      stopWatching: () => undefined,
    };
    this.#entries.set(id, entry);
    entry.made = made.then(
      (connection) => {
        entry.connection = connection;
        if (entry.over !== null) this.#shut(connection);
        return connection;
      },
      (error: unknown) => {
        this.#drop(entry, 'left');
        throw error;
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
      if (type === 'session.hibernated') this.#review(entry);
      if (type !== 'session.woken' || entry.over !== null) return;
      // It has another actor from now on.
      actor.unsubscribe();
      actor = watchActor();
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

  /** Drops it where its session is not in memory and nobody is at it. */
  #review(entry: Entry): void {
    if (entry.over !== null || entry.holds > 0) return;
    const { residency } = entry.session.info();
    if (residency === 'stored' || residency === 'waking') this.#drop(entry, 'left');
  }

  #drop(entry: Entry, over: 'ended' | 'left'): void {
    if (entry.over !== null) return;
    entry.over = over;
    this.#entries.delete(entry.id);
    entry.stopWatching();
    if (entry.connection !== null) this.#shut(entry.connection);
  }

  #shut(connection: Connection): void {
    const closing = connection.close();
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}
