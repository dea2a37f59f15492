import { CapacityError, SessionNotFoundError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { BoundRuntime, CreateOptions } from '../../runtime/runtime.ts';
import type { Session, SessionInfo } from '../../runtime/session.ts';
import { handshakeOf } from './handshake.ts';
import type { LegRuntime } from './options.ts';

/** Those of one principal that wait for room, one behind the other. */
interface Lane {
  waiting: number;
  /** Never rejects. */
  last: Promise<unknown>;
}

/**
 * Sessions for `initialize`. Clients of this protocol seldom say that they leave, so a principal's quota fills up with
 * sessions that nobody comes back to. Where it is full, the one that has been quiet for the longest makes way.
 */
export class Room {
  readonly #runtime: LegRuntime;
  readonly #lanes = new Map<string, Lane>();
  /** Being opened: their clients do not know them yet, and wait for them. */
  readonly #opening = new Set<string>();

  constructor(runtime: LegRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Makes a session, and has it opened: until that is over it makes way for nobody. Rejects like `create` of the runtime,
   * where there is no session to make way too, and with what `open` rejects with.
   */
  async opened<T>(
    principal: string | null,
    options: CreateOptions,
    open: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await this.#create(principal, options);
    try {
      return await open(session);
    } finally {
      this.#opening.delete(session.id);
    }
  }

  async #create(principal: string | null, options: CreateOptions): Promise<Session> {
    const own = this.#runtime.as(principal);
    // Nothing tells whose the anonymous ones are, and they have no quota.
    if (principal === null) return this.#created(own, options);
    // Nobody overtakes those that wait: theirs is the room that is made.
    if (!this.#lanes.has(principal)) {
      try {
        return await this.#created(own, options);
      } catch (error) {
        if (!isOverQuota(error)) throw error;
      }
    }
    const waiting = this.#lanes.get(principal)?.waiting ?? 0;
    if (waiting >= LIMITS.waitingForRoom) return this.#created(own, options);
    // One a turn: each ends one session at most, and only where those before it have left no room.
    return this.#inTurn(principal, async () => {
      try {
        return await this.#created(own, options);
      } catch (error) {
        if (!isOverQuota(error) || !(await this.#endQuietest(own))) throw error;
        return this.#created(own, options);
      }
    });
  }

  async #created(own: BoundRuntime, options: CreateOptions): Promise<Session> {
    const session = await own.create(options);
    this.#opening.add(session.id);
    return session;
  }

  #inTurn<T>(principal: string, turn: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(principal) ?? { waiting: 0, last: Promise.resolve() };
    this.#lanes.set(principal, lane);
    lane.waiting += 1;
    const made = lane.last.then(turn);
    const over = (): void => {
      lane.waiting -= 1;
      if (lane.waiting === 0) this.#lanes.delete(principal);
    };
    lane.last = made.then(over, over);
    return made;
  }

  /** Whether there may be room now: one was ended, or had ended by itself. Rejects with `StoreError`. */
  async #endQuietest(own: BoundRuntime): Promise<boolean> {
    const quiet: SessionInfo[] = [];
    let cursor: string | null = null;
    for (let pages = 1; pages <= LIMITS.roomPages; pages += 1) {
      const page = await own.list({ cursor });
      quiet.push(...page.sessions.filter((info) => this.#mayGo(info)));
      cursor = page.cursor;
      if (cursor === null) break;
    }
    quiet.sort((a, b) => a.lastActivityAt - b.lastActivityAt);
    for (const { id, lastActivityAt } of quiet) {
      const session = await own.get(id).catch(unlessGone);
      if (session === null) return true;
      const now = session.info();
      const hasEnded = now.state === 'terminating' || now.state === 'terminated';
      // Its client has come back since it was listed.
      if (!hasEnded && (!this.#mayGo(now) || now.lastActivityAt !== lastActivityAt)) continue;
      // Of one that is ending already, this waits for the end.
      await session.terminate('operator');
      return true;
    }
    return false;
  }

  /**
   * Whether nothing tells that its client is there, and an `initialize` opened it: a handle, and what the application made
   * itself, are not for the leg to end. Nor is one that was set aside.
   */
  #mayGo({ id, state, client, key, inFlight, presences }: SessionInfo): boolean {
    return (
      (state === 'active' || state === 'idle') &&
      inFlight === 0 &&
      presences === 0 &&
      key === null &&
      handshakeOf(client) !== null &&
      !this.#opening.has(id)
    );
  }
}

const isOverQuota = (error: unknown): boolean =>
  error instanceof CapacityError && error.limit === 'maxPerPrincipal';

const unlessGone = (error: unknown): null => {
  if (error instanceof SessionNotFoundError) return null;
  throw error;
};
