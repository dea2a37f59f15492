import {
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type EventObject,
  type Snapshot,
  type SnapshotFrom,
} from 'xstate';
import { hearsRestored, RESTORED, type RestoredFrom } from './behaviour-events.ts';
import { heldWork } from './held-work.ts';
import { idsWithin, withOwnNames } from './own-names.ts';
import { type PendingDelay, pendingDelays, startPendingDelays } from './pending-delays.ts';
import { type RestoreFailure, restoreFailure } from './restore-failure.ts';
import type { SessionActor } from './session-actor.ts';
import { removeWard, setWard } from './session-logic.ts';
import { stopTree } from './stop-tree.ts';

/** What a behaviour's actor is started with: an input, or a snapshot to go on from. It may change the snapshot. */
export type BehaviourStart =
  | { readonly input: unknown }
  | {
      readonly snapshot: Snapshot<unknown>;
      /** What it and the actors under it had pending when the snapshot was made. */
      readonly delays: readonly PendingDelay[];
    };

/** Who hears what becomes of a behaviour's actor: at most one of the three ends, and nothing after it. */
export interface BehaviourHears {
  /** Its first snapshot, and each it hears an event with, changed or not. */
  snapshot(snapshot: SnapshotFrom<AnyActorLogic>): void;
  /** It emitted an event. Within a transition, that comes before the snapshot. */
  emitted(event: EventObject): void;
  /** It sent an event to its parent, where it was let fall. */
  stray(event: EventObject): void;
  done(output: unknown): void;
  failed(error: unknown): void;
  /** It was stopped: by `stop`, or because its session's actor is gone. */
  stopped(): void;
}

/** One run of a behaviour: an actor under the actor of its session, in the same system, with names of its own in it. */
export class BehaviourActor {
  readonly #session: SessionActor;
  readonly #logic: AnyActorLogic;
  readonly #actor: AnyActorRef;
  readonly #hears: BehaviourHears;
  #delays: readonly PendingDelay[];
  #over = false;

  /** Makes the actor. Nothing of it runs before `start`, but its first snapshot is computed. */
  constructor(
    session: SessionActor,
    logic: AnyActorLogic,
    from: BehaviourStart,
    hears: BehaviourHears,
  ) {
    this.#session = session;
    this.#logic = logic;
    this.#hears = hears;
    const restored = 'snapshot' in from ? from : null;
    this.#delays = restored?.delays ?? [];
    deafenToStop(session);
    const { system } = session;
    // An actor runs in the system that its parent has when it is made.
    session.system = withOwnNames(system, idsWithin(restored?.snapshot));
    const start = 'snapshot' in from ? { snapshot: from.snapshot } : { input: from.input };
    try {
      this.#actor = createActor(logic, { parent: session, id: 'behaviour', ...start });
    } finally {
      session.system = system;
    }
  }

  /** What it, or an actor under it, failed of while it was made from that snapshot. Only before `start`. */
  restoreFailure(persisted: unknown): RestoreFailure | null {
    return restoreFailure(this.#actor, persisted);
  }

  /** Starts it, with what it had pending. It may be over before this returns. */
  start(): void {
    setWard(this.#session, this);
    this.#actor.subscribe({
      next: (snapshot) => {
        if (!this.#over) this.#hears.snapshot(snapshot);
      },
      error: (error) => this.#end(() => this.#hears.failed(error)),
      complete: () =>
        this.#end(() => {
          const { status, output } = this.#actor.getSnapshot();
          if (status === 'done') this.#hears.done(output);
          else this.#hears.stopped();
        }),
    });
    this.#actor.on('*', (event: EventObject) => {
      if (!this.#over) this.#hears.emitted(event);
    });
    startPendingDelays(this.#actor, this.#delays);
    this.#delays = [];
    this.#actor.start();
  }

  getSnapshot(): SnapshotFrom<AnyActorLogic> {
    return this.#actor.getSnapshot();
  }

  /** What it could be started from again. Throws where XState cannot say: with children that have no name. */
  getPersistedSnapshot(): unknown {
    return this.#actor.getPersistedSnapshot();
  }

  /** What it and the actors under it have sent with a delay. Throws where one cannot be kept: see `pendingDelays`. */
  pendingDelays(): readonly PendingDelay[] {
    return pendingDelays(this.#actor);
  }

  /** What it is at that its snapshot does not hold, in words; `null`: nothing. */
  heldWork(): string | null {
    return heldWork(this.#actor);
  }

  /** Only for event types that are let in: see `behaviour-events.ts`. */
  send(event: EventObject): void {
    this.#actor.send(event);
  }

  /** Tells it that it was restored, where its logic asks for that. */
  tellRestored(from: RestoredFrom): void {
    if (!hearsRestored(this.#logic)) return;
    const event = { type: RESTORED, from };
    this.#actor.send(event);
  }

  stray(event: EventObject): void {
    if (!this.#over) this.#hears.stray(event);
  }

  /** Stops it and everything under it; twice is once. In the middle of a transition it ends with that. */
  stop(): void {
    this.#end(() => this.#hears.stopped());
  }

  #end(tell: () => void): void {
    const first = !this.#over;
    this.#over = true;
    removeWard(this.#session, this);
    // Also where it is over already: it may fail while it is being stopped, which leaves its children running.
    stopTree(this.#actor);
    if (first) tell();
  }
}

/** How XState hands an actor what was sent to it; its published types leave it out. */
interface Receiver {
  _send?: (event: EventObject) => void;
}

/**
 * XState stops an actor by its mailbox. An `xstate.stop` that is *sent*, which a behaviour can do to its parent, comes from
 * somebody who may not: its session would be gone without an end.
 */
const deafenToStop = (session: SessionActor & Receiver): void => {
  const receive = session._send?.bind(session);
  // Once a session, however often its behaviour is started.
  if (receive === undefined || Object.hasOwn(session, '_send')) return;
  session._send = (event) => {
    if (event.type !== 'xstate.stop') receive(event);
  };
};
