import {
  type ActorLogic,
  type AnyActorLogic,
  type AnyActorScope,
  type AnyMachineSnapshot,
  createActor,
  type EventObject,
  isMachineSnapshot,
  type Snapshot,
  type SnapshotFrom,
} from 'xstate';
import type { Clock } from '../time/clock.ts';
import { BehaviourActor, type BehaviourStart } from './behaviour-actor.ts';
import { createDelayedEvents, installDelayedEvents } from './delayed-events.ts';
import type { PendingDelay } from './pending-delays.ts';
import type { RestoreFailure } from './restore-failure.ts';
import type { SessionActor } from './session-actor.ts';
import { sessionLogic } from './session-logic.ts';
import { Unrest } from './unrest.ts';

/** Hears every step of a chart, those in between too. `took`: the type of the event a transition was taken for. */
export type StepListener = (snapshot: AnyMachineSnapshot, took: string | null) => void;

/**
 * A behaviour by itself, for a check of its logic: it runs as those of a runtime do, under the actor of a session and with
 * delays that wait on a clock, but there is no registry, no store, and nobody who starts it again.
 */
export class LoneBehaviour {
  readonly #session: SessionActor;
  readonly #actor: BehaviourActor;
  readonly #unrest: Unrest;

  /** Makes the actor; nothing of it runs before `start`. */
  constructor(
    logic: AnyActorLogic,
    clock: Clock,
    from: BehaviourStart,
    onStep: StepListener = () => undefined,
  ) {
    const unrest = new Unrest(clock);
    this.#unrest = unrest;
    this.#session = createActor(sessionLogic, {
      input: { id: 'ses_check', principal: null, expiresAt: null },
      inspect: (event) => {
        unrest.hear(event);
        if (event.type !== '@xstate.microstep' && event.type !== '@xstate.snapshot') return;
        const { snapshot } = event;
        // Of its own chart only: the session and the actors under it have charts too.
        if (!isMachineSnapshot(snapshot) || snapshot.machine !== logic) return;
        const took = event.type === '@xstate.microstep' && event._transitions.length > 0;
        onStep(snapshot, took ? event.event.type : null);
      },
    });
    installDelayedEvents(this.#session.system, createDelayedEvents(clock));
    this.#session.start();
    this.#actor = new BehaviourActor(this.#session, logic, from, DEAF);
  }

  /** See `BehaviourActor.restoreFailure`. */
  restoreFailure(persisted: unknown): RestoreFailure | null {
    return this.#actor.restoreFailure(persisted);
  }

  start(): void {
    this.#actor.start();
  }

  send(event: EventObject): void {
    this.#unrest.begin();
    this.#actor.send(event);
  }

  getSnapshot(): SnapshotFrom<AnyActorLogic> {
    return this.#actor.getSnapshot();
  }

  /** The states it went round in without end, as JSON, before it was ended for that; `null`: it comes to rest. */
  restlessIn(): readonly string[] | null {
    return this.#unrest.isFound ? this.#unrest.states : null;
  }

  /** What it could be started from again, beside its delays. Throws where XState cannot say. */
  getPersistedSnapshot(): Snapshot<unknown> {
    return this.#actor.getPersistedSnapshot() as Snapshot<unknown>;
  }

  /** See `BehaviourActor.pendingDelays`. */
  pendingDelays(): readonly PendingDelay[] {
    return this.#actor.pendingDelays();
  }

  /** What it is at that its snapshot does not hold, in words; `null`: nothing. */
  heldWork(): string | null {
    return this.#actor.heldWork();
  }

  /** Stops it, and everything under it. */
  stop(): void {
    this.#actor.stop();
    this.#session.stop();
  }
}

/**
 * Why a behaviour cannot be restored from there; `null`: it can. Its actor is made and never started, so nothing runs but
 * what its logic has as `restoreSnapshot`.
 */
export const failureToRestore = (
  logic: AnyActorLogic,
  clock: Clock,
  from: Exclude<BehaviourStart, { readonly input: unknown }>,
): RestoreFailure | null => new LoneBehaviour(logic, clock, from).restoreFailure(from.snapshot);

const DEAF = {
  snapshot: () => undefined,
  emitted: () => undefined,
  stray: () => undefined,
  done: () => undefined,
  failed: () => undefined,
  stopped: () => undefined,
};

/**
 * What a logic would make of an event. Runs no action, sends nothing; what an `assign` or a guard throws is thrown, and an
 * error where it does not come to rest.
 */
export const snapshotAfter = (
  logic: AnyActorLogic,
  snapshot: SnapshotFrom<AnyActorLogic>,
  event: EventObject,
): SnapshotFrom<AnyActorLogic> => {
  // In place of XState's own `transition`, which nothing can look into: it would go round without end.
  const unrest = new Unrest(STILL);
  const self = createActor(standIn(snapshot), { inspect: (seen) => unrest.hear(seen) });
  const { system } = self;
  const none = (): void => undefined;
  const scope: AnyActorScope = {
    ...{ self, system, id: '', sessionId: '' },
    ...{ defer: none, logger: none, stopChild: none, emit: none, actionExecutor: none },
  };
  return logic.transition(snapshot, event, scope);
};

/** One moment: it is never another. */
const STILL = { mono: () => 0 };

/** An actor that has this snapshot and does nothing. */
const standIn = (
  snapshot: SnapshotFrom<AnyActorLogic>,
): ActorLogic<SnapshotFrom<AnyActorLogic>, EventObject> => ({
  transition: (same) => same,
  getInitialSnapshot: () => snapshot,
  getPersistedSnapshot: (same) => same,
});
