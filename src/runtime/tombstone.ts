import { type EndReason, type SessionState, sessionMachine } from '../../machines/index.ts';
import { SessionTerminatedError, type SessionUnreadableError } from '../errors.ts';
import type { SessionLifecycleEvent, Unsubscribe } from '../observe/events.ts';
import type { SessionRecord } from '../store/contract.ts';
import type { MessagePage, MessagesOptions } from './conversation/conversation.ts';
import { messages } from './conversation/journal.ts';
import { described } from './describe.ts';
import type { FrontEndNotes } from './front-end/front-end.ts';
import { checkedName, noteOf } from './front-end/notes.ts';
import type { SessionHealth } from './health/health.ts';
import { recordHealth } from './health/session-health.ts';
import { refuseUnknown } from './known-options.ts';
import { eventsOf } from './plane/recent-events.ts';
import { unreadableError, type Viewer } from './residency/readable.ts';
import { read, type Unreadable } from './residency/reading.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { BeatReply, Session, SessionActorView, SessionInfo } from './session.ts';
import { checkedStates, type WaitForOptions } from './wait-for.ts';
import type { OperationInfo } from './work/work.ts';

/** A reference to a session that is over, made from its record: the reads and `terminate` answer. */
export class Tombstone implements Session {
  readonly #context: RuntimeContext;
  readonly #record: SessionRecord;
  readonly #unreadable: Unreadable | null;
  readonly #reason: EndReason;
  readonly #viewer: Viewer;

  constructor(context: RuntimeContext, stored: SessionRecord, viewer: Viewer) {
    const { record, unreadable } = read(context, stored);
    this.#context = context;
    this.#record = record;
    this.#unreadable = unreadable;
    this.#reason = record.session.reason ?? 'shutdown';
    this.#viewer = viewer;
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
      context: { id, principal, expiresAt: this.#record.session.expiresAt, reason: this.#reason },
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
    return described({ record: this.#record, unreadable: this.#unreadable }, this.#viewer);
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

  operations(): readonly OperationInfo[] {
    return [];
  }

  abort(): boolean {
    return false;
  }

  get data(): unknown {
    return this.#record.session.data;
  }

  async update(): Promise<never> {
    throw this.#over();
  }

  frontEnd(name: string): FrontEndNotes {
    const value = noteOf(this.#record.session.frontEnds, checkedName(name));
    const over = (): never => {
      throw this.#over();
    };
    return { value, set: async () => over(), atRest: over };
  }

  async append(): Promise<never> {
    throw this.#over();
  }

  async messages(options: MessagesOptions = {}): Promise<MessagePage> {
    if (this.#unreadable !== null) throw this.#over();
    return messages(this.#context, this.#record.id, options);
  }

  async send(): Promise<never> {
    throw this.#over();
  }

  get behaviour(): null {
    return null;
  }

  health(): SessionHealth {
    return recordHealth(this.#context, this.#record, this.#unreadable, this.#viewer);
  }

  async rotateId(): Promise<never> {
    throw this.#over();
  }

  recentEvents(): readonly SessionLifecycleEvent[] {
    return eventsOf(this.#context.recent, this.#record.id);
  }

  async pause(): Promise<void> {
    throw this.#over();
  }

  async resume(): Promise<void> {
    throw this.#over();
  }

  async terminate(): Promise<EndReason> {
    if (this.#unreadable !== null) throw this.#over();
    return this.#reason;
  }

  subscribe(): Unsubscribe {
    return () => undefined;
  }

  async waitFor(
    state: SessionState | readonly SessionState[],
    options: WaitForOptions = {},
  ): Promise<SessionState> {
    const wanted = checkedStates(state);
    refuseUnknown('waitFor', options);
    if (wanted.includes('terminated')) return 'terminated';
    throw this.#over();
  }

  /** It has ended; why, only who can read it knows. */
  #over(): SessionTerminatedError | SessionUnreadableError {
    if (this.#unreadable !== null) return unreadableError(this.#unreadable);
    return new SessionTerminatedError(this.#reason);
  }
}
