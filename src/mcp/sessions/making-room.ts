import { CapacityError, SessionNotFoundError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { BoundRuntime, CreateOptions } from '../../runtime/runtime.ts';
import type { Session, SessionInfo } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';
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
 * sessions that nobody comes back to. Where it is full, the one that has been quiet for the longest makes way, if that is
 * long enough (`LIMITS.makesWayAfterMs`): clients that are there do not end each other's sessions.
 */
export class Room {
  readonly #runtime: LegRuntime;
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  /** Being opened: their clients do not know them yet, and wait for them. */
  readonly #opening = new Set<string>();

  constructor(runtime: LegRuntime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /**
   * Makes a session, and has it opened: until that is over it makes way for nobody. Rejects like `create` of the runtime,
   * where there is no session to make way too, and with what `open` rejects with.
   * @param signal of the request: for a client that has left nobody makes way, and nobody waits behind it. Then this rejects
   * with its reason.
   */
  async opened<T>(
    principal: string | null,
    options: CreateOptions,
    signal: AbortSignal,
    open: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await this.#create(principal, options, signal);
    try {
      return await open(session);
    } finally {
      this.#opening.delete(session.id);
    }
  }

  async #create(
    principal: string | null,
    options: CreateOptions,
    signal: AbortSignal,
  ): Promise<Session> {
    signal.throwIfAborted();
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
    return this.#inTurn(principal, signal, async (inTime) => {
      try {
        return await this.#created(own, options);
      } catch (error) {
        const mayEnd = inTime && isOverQuota(error);
        if (!mayEnd || !(await this.#endQuietest(own, signal))) throw error;
        signal.throwIfAborted();
        return this.#created(own, options);
      }
    });
  }

  async #created(own: BoundRuntime, options: CreateOptions): Promise<Session> {
    const session = await own.create(options);
    this.#opening.add(session.id);
    return session;
  }

  /** @param turn is told whether it came in time; a late one is nobody's turn, and ends nobody. */
  async #inTurn<T>(
    principal: string,
    signal: AbortSignal,
    turn: (inTime: boolean) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const lane = this.#lanes.get(principal) ?? { waiting: 0, last: Promise.resolve() };
    this.#lanes.set(principal, lane);
    lane.waiting += 1;
    const before = lane.last;
    let over: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      over = resolve;
    });
    lane.last = before.then(() => mine);
    try {
      const inTime = await this.#comes(before, signal);
      signal.throwIfAborted();
      return await turn(inTime);
    } finally {
      over();
      lane.waiting -= 1;
      if (lane.waiting === 0) this.#lanes.delete(principal);
    }
  }

  /** Whether its turn came in time. Rejects with the reason of `signal` as soon as that is aborted. */
  #comes(before: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        alarm.unsubscribe();
        signal.removeEventListener('abort', leave);
      };
      const leave = (): void => {
        over();
        reject(signal.reason);
      };
      const alarm = this.#clock.scheduler.schedule(() => {
        over();
        resolve(false);
      }, LIMITS.roomWaitMs);
      signal.addEventListener('abort', leave);
      void before.then(() => {
        over();
        resolve(true);
      });
    });
  }

  /** Whether there may be room now: one was ended, or had ended by itself. Rejects with `StoreError`, or as `signal` says. */
  async #endQuietest(own: BoundRuntime, signal: AbortSignal): Promise<boolean> {
    const quiet: SessionInfo[] = [];
    let cursor: string | null = null;
    for (let pages = 1; pages <= LIMITS.roomPages; pages += 1) {
      const page = await own.list({ cursor });
      quiet.push(...page.sessions.filter((info) => this.#mayGo(info)));
      cursor = page.cursor;
      if (cursor === null) break;
    }
    quiet.sort((a, b) => a.lastActivityAt - b.lastActivityAt);
    for (const { id } of quiet) {
      const session = await own.get(id).catch(unlessGone);
      if (session === null) return true;
      const now = session.info();
      const hasEnded = now.state === 'terminating' || now.state === 'terminated';
      // Its client has come back since it was listed.
      if (!hasEnded && !this.#mayGo(now)) continue;
      // The client it would make way for may have left while all this was looked up.
      signal.throwIfAborted();
      // Of one that is ending already, this waits for the end.
      await session.terminate('operator');
      return true;
    }
    return false;
  }

  /**
   * Whether nothing tells that its client is there, for a while now, and an `initialize` opened it: a handle, and what the
   * application made itself, are not for the leg to end. Nor is one that was set aside.
   */
  #mayGo(info: SessionInfo): boolean {
    const { id, state, client, key, inFlight, presences, lastActivityAt, createdAt } = info;
    const quietMs = this.#clock.wall() - Math.max(lastActivityAt, createdAt);
    return (
      quietMs >= LIMITS.makesWayAfterMs &&
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
