import {
  type EndReason,
  SESSION_STATES,
  type SessionState,
  sessionMachine,
} from '../../machines/index.ts';
import { InvalidOptionError, SessionTerminatedError } from '../errors.ts';
import type { Unsubscribe } from '../observe/events.ts';
import type { SessionRecord } from '../store/contract.ts';
import { describeRecord } from './describe.ts';
import type { BeatReply, Session, SessionActorView, SessionInfo } from './session.ts';

/** A reference to a session that is over, made from its record: the reads and `terminate` answer. */
export class Tombstone implements Session {
  readonly #record: SessionRecord;
  readonly #reason: EndReason;

  constructor(record: SessionRecord) {
    this.#record = record;
    this.#reason = record.session.reason ?? 'shutdown';
  }

  get id(): string {
    return this.#record.id;
  }

  get principal(): string | null {
    return this.#record.principal;
  }

  get state(): SessionState {
    return 'terminated';
  }

  get actor(): SessionActorView {
    const { id, principal } = this.#record;
    const snapshot = sessionMachine.resolveState({
      value: 'terminated',
      context: { id, principal, expiresAt: null, reason: this.#reason },
      status: 'done',
      output: { reason: this.#reason },
    });
    return {
      id,
      logic: sessionMachine,
      getSnapshot: () => snapshot,
      subscribe: () => ({ unsubscribe: () => undefined }),
    };
  }

  get signal(): AbortSignal {
    return AbortSignal.abort(this.#over());
  }

  info(): SessionInfo {
    return describeRecord(this.#record);
  }

  async touch(): Promise<void> {
    throw this.#over();
  }

  beat(): void {
    throw this.#over();
  }

  beatReply(): BeatReply {
    throw this.#over();
  }

  async run(): Promise<never> {
    throw this.#over();
  }

  attach(): Unsubscribe {
    throw this.#over();
  }

  async pause(): Promise<void> {
    throw this.#over();
  }

  async resume(): Promise<void> {
    throw this.#over();
  }

  async terminate(): Promise<EndReason> {
    return this.#reason;
  }

  subscribe(): Unsubscribe {
    return () => undefined;
  }

  async waitFor(state: SessionState | readonly SessionState[]): Promise<SessionState> {
    const wanted: readonly SessionState[] = typeof state === 'string' ? [state] : state;
    for (const one of wanted) {
      if (!SESSION_STATES.includes(one)) {
        throw new InvalidOptionError('state', one, SESSION_STATES.join(', '));
      }
    }
    if (wanted.includes('terminated')) return 'terminated';
    throw this.#over();
  }

  #over(): SessionTerminatedError {
    return new SessionTerminatedError(this.#reason);
  }
}
