import type { Subscription } from 'xstate';
import { type EndReason, type SessionState, sessionMachine } from '../../machines/index.ts';
import { InvalidOptionError, OperationAbortedError, SessionTerminatedError } from '../errors.ts';
import { jittered } from '../identity/randomness.ts';
import type { Listener, SessionLifecycleEvent, Unsubscribe } from '../observe/events.ts';
import { isReceiving, watchSession } from '../xstate/session-actor.ts';
import type { BehaviourView } from './behaviour/behaviour.ts';
import { send } from './behaviour/send.ts';
import { readById, rotateId } from './commits/rotate-id.ts';
import type {
  Message,
  MessagePage,
  MessagesOptions,
  NewMessage,
} from './conversation/conversation.ts';
import { append, messages } from './conversation/journal.ts';
import { update } from './conversation/session-data.ts';
import { describeHost } from './describe.ts';
import { collectAtRest } from './front-end/at-rest.ts';
import type { FrontEndNotes } from './front-end/front-end.ts';
import { checkedName, checkedNote, noteOf } from './front-end/notes.ts';
import { setNote } from './front-end/set-note.ts';
import type { SessionHealth } from './health/health.ts';
import { sessionHealth } from './health/session-health.ts';
import type { SessionHost } from './host.ts';
import { refuseUnknown } from './known-options.ts';
import { afterTurn, assertOpen, pause, resume } from './lifecycle/lifecycle.ts';
import { beat, touch } from './liveness/liveness.ts';
import { attach } from './liveness/presence.ts';
import { checkedReason } from './options.ts';
import { announce } from './plane/announce.ts';
import { eventsOf } from './plane/recent-events.ts';
import { terminateAnywhere } from './residency/end-stored.ts';
import { decideInterrupted } from './residency/interrupted.ts';
import { assertRecordReadable, type Viewer } from './residency/readable.ts';
import { wake } from './residency/wake.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { BeatReply, Session, SessionActorView, SessionInfo } from './session.ts';
import { waitFor } from './wait-for.ts';
import { runDurable } from './work/durable-operations.ts';
import { run } from './work/operations.ts';
import type {
  DurableOptions,
  OperationContext,
  OperationInfo,
  OperationOptions,
} from './work/work.ts';

/** The reference by id that callers hold. It keeps nothing of its own. */
export class SessionReference implements Session {
  readonly #context: RuntimeContext;
  readonly #host: SessionHost;
  readonly #viewer: Viewer;

  constructor(context: RuntimeContext, host: SessionHost, viewer: Viewer = 'operator') {
    this.#context = context;
    this.#host = host;
    this.#viewer = viewer;
  }

  get id(): string {
    return this.#host.id;
  }

  get principal(): string | null {
    return this.#host.principal;
  }

  get state(): SessionState {
    return this.#host.shown;
  }

  get actor(): SessionActorView {
    const context = this.#context;
    const { actor } = this.#host;
    return {
      id: actor.id,
      logic: sessionMachine,
      getSnapshot: () => actor.getSnapshot(),
      subscribe: (listener): Subscription =>
        watchSession(actor, listener, (error) =>
          announce(context, {
            type: 'runtime.error',
            where: `a listener of the actor ${actor.id}`,
            error,
          }),
        ),
    };
  }

  get signal(): AbortSignal {
    const host = this.#host;
    if (host.ending === null) {
      host.ending = new AbortController();
      this.#context.away.review(host);
      if (host.reason !== null) host.ending.abort(new SessionTerminatedError(host.reason));
    }
    return host.ending.signal;
  }

  info(): SessionInfo {
    return describeHost(this.#context, this.#host, this.#viewer);
  }

  async touch(): Promise<void> {
    // The most frequent of all calls: with no more promises than it needs.
    const host = this.#host;
    if (host.isAway) await wake(this.#context, host);
    if (isReceiving(host.actor)) await afterTurn(host);
    touch(this.#context, host);
  }

  beat(): void {
    beat(this.#context, this.#host);
  }

  beatReply(): BeatReply {
    assertOpen(this.#host);
    const { heartbeatIntervalMs } = this.#context.deadlines;
    const asked = this.#host.beats !== 'off' && Number.isFinite(heartbeatIntervalMs);
    return {
      type: 'heartbeat',
      id: this.#host.id,
      timestamp: this.#context.clock.wall(),
      // Jitter only shortens: this stays an upper bound, and many clients do not beat in step.
      nextBeatWithinMs: asked
        ? Math.ceil(jittered(heartbeatIntervalMs, this.#context.randomness))
        : null,
    };
  }

  run<T>(
    name: string,
    fn: (context: OperationContext) => T | Promise<T>,
    options?: OperationOptions,
  ): Promise<T>;
  run<T = unknown>(name: string, input: unknown, options: DurableOptions): Promise<T>;
  async run(
    name: string,
    work: unknown,
    options: OperationOptions | DurableOptions = {},
  ): Promise<unknown> {
    if ('durable' in options && options.durable) {
      const durable = (): Promise<unknown> =>
        runDurable(this.#context, this.#host, this, name, work, options);
      return this.#inMemory(durable);
    }
    if (typeof work !== 'function') {
      throw new InvalidOptionError('fn', work, 'a function, or an input with { durable: true }');
    }
    const fn = work as (context: OperationContext) => unknown; // A function, as was just checked.
    return this.#inMemory(() => run(this.#context, this.#host, this, name, fn, options));
  }

  operations(): readonly OperationInfo[] {
    const operations = this.#host.work?.list() ?? [];
    return operations.map(({ id, name, durable, state, since }) => ({
      id,
      name,
      durable,
      state,
      since,
    }));
  }

  abort(operation: string, reason?: unknown): boolean {
    const found = this.#host.work?.get(operation);
    found?.abort(reason ?? new OperationAbortedError(operation));
    return found !== undefined;
  }

  get data(): unknown {
    return this.#host.shownData;
  }

  update(change: (data: unknown) => unknown): Promise<unknown> {
    return this.#inMemory(() => update(this.#context, this.#host, change));
  }

  frontEnd(name: string): FrontEndNotes {
    const checked = checkedName(name);
    const host = this.#host;
    return {
      get value() {
        return noteOf(host.frontEnds, checked);
      },
      set: async (value) => {
        const copy = checkedNote(value);
        return this.#inMemory(() => setNote(this.#context, host, checked, copy));
      },
      atRest: (collect) => collectAtRest(host, checked, collect),
    };
  }

  append(message: NewMessage): Promise<Message> {
    return this.#inMemory(() => append(this.#context, this.#host, message));
  }

  async messages(options: MessagesOptions = {}): Promise<MessagePage> {
    assertRecordReadable(this.#host);
    return readById(this.#host, (id) => messages(this.#context, id, options));
  }

  async send(event: { readonly type: string }): Promise<void> {
    return this.#inMemory(() => send(this.#context, this.#host, event));
  }

  get behaviour(): BehaviourView | null {
    return this.#host.behaviour?.view ?? null;
  }

  health(): SessionHealth {
    return sessionHealth(this.#context, this.#host, this.#viewer);
  }

  rotateId(): Promise<string> {
    return this.#inMemory(() => rotateId(this.#context, this.#host));
  }

  recentEvents(): readonly SessionLifecycleEvent[] {
    return eventsOf(this.#context.recent, this.#host.id);
  }

  attach(options: { readonly resident?: boolean } = {}): Unsubscribe {
    refuseUnknown('attach', options);
    return attach(this.#context, this.#host, options.resident ?? false);
  }

  async pause(options: { readonly abort?: boolean } = {}): Promise<void> {
    refuseUnknown('pause', options);
    const abort = options.abort ?? false;
    return this.#inMemory(() => pause(this.#context, this.#host, abort));
  }

  resume(): Promise<void> {
    return this.#inMemory(() => {
      const resumed = resume(this.#context, this.#host);
      // A paused session takes no work, so what an earlier process left was not decided yet.
      decideInterrupted(this.#context, this.#host);
      return resumed;
    });
  }

  async terminate(reason: 'client' | 'operator' = 'client'): Promise<EndReason> {
    return terminateAnywhere(this.#context, this.#host, checkedReason(reason));
  }

  subscribe(listener: Listener<SessionLifecycleEvent>): Unsubscribe {
    const host = this.#host;
    // A listener given twice is heard twice: each subscription is its own.
    const own: Listener<SessionLifecycleEvent> = (event) => listener(event);
    const { away } = this.#context;
    host.listeners = [...host.listeners, own];
    away.review(host);
    return () => {
      host.listeners = host.listeners.filter((one) => one !== own);
      away.review(host);
    };
  }

  waitFor(
    state: SessionState | readonly SessionState[],
    options: { readonly timeoutMs?: number | 'off'; readonly signal?: AbortSignal } = {},
  ): Promise<SessionState> {
    return waitFor(this.#context, this.#host, state, options);
  }

  /** Calls what needs the session in memory: at once where it is. */
  async #inMemory<T>(call: () => Promise<T>): Promise<T> {
    if (this.#host.isAway) await wake(this.#context, this.#host);
    return call();
  }
}
