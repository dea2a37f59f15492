import { contained } from '../../errors/contained.ts';
import { SessionNotFoundError, SessionTerminatedError } from '../../errors.ts';
import { isSessionId } from '../../identity/session-id.ts';
import { LIMITS } from '../../limits.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Client, Session, SessionInfo } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';

/** What handles of one kind are, to the runtime. */
export interface HandleKind<Data, SessionInput> {
  readonly runtime: Runtime<Data, SessionInput>;
  /** Kept in the metadata of its sessions, so that a handle of another kind is unknown. */
  readonly name: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  /** Hears what the caller is not told. */
  readonly onError: (error: unknown) => void;
}

/** One page of a caller's handles. */
export interface HandlePage {
  readonly handles: readonly SessionInfo[];
  readonly cursor: string | null;
}

/** How often use is recorded in the time a handle has: so much of it, at most, may a kill take. */
const USES_NOTED = 8;

/** Handles of one kind as sessions of the runtime. Everything is done as the caller: nobody else's handle exists. */
export class HandleSessions<Data, SessionInput> {
  readonly #kind: HandleKind<Data, SessionInput>;

  constructor(kind: HandleKind<Data, SessionInput>) {
    this.#kind = kind;
  }

  /** Makes one. Rejects as `create` of the runtime does. */
  open(
    principal: string | null,
    data: SessionInput | undefined,
    client: Client | null,
  ): Promise<Session<Data>> {
    const { runtime, name } = this.#kind;
    return runtime.as(principal).create({
      metadata: { handle: name },
      beats: 'off',
      ...(client === null ? {} : { client }),
      ...(data === undefined ? {} : { data }),
    });
  }

  /**
   * The caller's session under a handle; `null` for an unknown one, a malformed one, one of another kind or of somebody else, an ended
   * one, and one that expired, which is ended here. Rejects only where the store fails.
   */
  async find(principal: string | null, handle: unknown): Promise<Session<Data> | null> {
    if (!isSessionId(handle)) return null;
    const { runtime, onError } = this.#kind;
    let session: Session<Data>;
    try {
      session = await runtime.as(principal).get(handle);
    } catch (error) {
      if (error instanceof SessionNotFoundError) return null;
      throw error;
    }
    const info = session.info();
    if (!this.#isOurs(info)) return null;
    if (!this.#isExpired(info)) return session;
    // Its caller has the same answer, and as soon, as for any other that is not there.
    session.terminate('operator').catch((error) =>
      contained(
        () => onError(error),
        () => undefined,
      ),
    );
    return null;
  }

  /**
   * Records every now and then that a session is in use: the runtime itself records silence, and a process that is killed
   * would take all the use since then along.
   */
  noteUse(session: Session<Data>): void {
    const { ttlMs, clock, onError } = this.#kind;
    const notes = session.frontEnd('handles');
    const now = clock.wall();
    const noted = typeof notes.value === 'number' ? notes.value : session.info().createdAt;
    if (now - noted < ttlMs / USES_NOTED) return;
    notes.set(now).catch((error) => {
      // Its end came first.
      if (error instanceof SessionTerminatedError) return;
      contained(
        () => onError(error),
        () => undefined,
      );
    });
  }

  /** A page of the handles of this kind that are good now, with at most `LIMITS.handlesPage`. Rejects as `list` does. */
  async list(principal: string, cursor: string | null): Promise<HandlePage> {
    const bound = this.#kind.runtime.as(principal);
    let next = cursor;
    // Sessions of other kinds, and ended ones, are among them: one empty page after another is of no use to a model.
    for (let pages = 1; ; pages += 1) {
      const page = await bound.list({ limit: LIMITS.handlesPage, cursor: next });
      const handles = page.sessions.filter((info) => this.#isOurs(info) && !this.#isExpired(info));
      next = page.cursor;
      if (handles.length > 0 || next === null || pages === LIMITS.handlePages) {
        return { handles, cursor: next };
      }
    }
  }

  /**
   * When a handle expires if it is not used again, wall ms. While the server was not there nobody could use it: after that
   * it has a fresh window, as the runtime's own silence deadlines have. Its lifetime runs on.
   */
  expiresAt({ lastActivityAt, expiresAt }: SessionInfo): number {
    const { runtime, ttlMs } = this.#kind;
    const { awakeSince, deadlines } = runtime;
    const unused = Math.max(
      lastActivityAt + ttlMs,
      awakeSince + Math.min(ttlMs, deadlines.graceMs),
    );
    return Math.min(unused, expiresAt ?? Number.POSITIVE_INFINITY);
  }

  #isOurs({ state, metadata }: SessionInfo): boolean {
    return (
      metadata['handle'] === this.#kind.name && state !== 'terminating' && state !== 'terminated'
    );
  }

  /** Not while a call runs: that is use, however long it takes. */
  #isExpired(info: SessionInfo): boolean {
    return info.inFlight === 0 && this.expiresAt(info) <= this.#kind.clock.wall();
  }
}
