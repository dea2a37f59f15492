import {
  type AnyActorLogic,
  type AnyMachineSnapshot,
  createActor,
  type EventObject,
  isMachineSnapshot,
  type Snapshot,
  type SnapshotFrom,
  transition,
} from 'xstate';
import type { Clock } from '../time/clock.ts';
import { BehaviourActor, type BehaviourStart } from './behaviour-actor.ts';
import { createDelayedEvents, installDelayedEvents } from './delayed-events.ts';
import type { PendingDelay } from './pending-delays.ts';
import type { SessionActor } from './session-actor.ts';
import { sessionLogic } from './session-logic.ts';

/** Hears every step of a chart, those in between too. `took`: the type of the event a transition was taken for. */
export type StepListener = (snapshot: AnyMachineSnapshot, took: string | null) => void;

/**
 * A behaviour by itself, for a check of its logic: it runs as those of a runtime do, under the actor of a session and with
 * delays that wait on a clock, but there is no registry, no store, and nobody who starts it again.
 */
export class LoneBehaviour {
  readonly #session: SessionActor;
  readonly #actor: BehaviourActor;

  /** Makes the actor; nothing of it runs before `start`. */
  constructor(
    logic: AnyActorLogic,
    clock: Clock,
    from: BehaviourStart,
    onStep: StepListener = () => undefined,
  ) {
    this.#session = createActor(sessionLogic, {
      input: { id: 'ses_check', principal: null, expiresAt: null },
      inspect: (event) => {
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

  start(): void {
    this.#actor.start();
  }

  send(event: EventObject): void {
    this.#actor.send(event);
  }

  getSnapshot(): SnapshotFrom<AnyActorLogic> {
    return this.#actor.getSnapshot();
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

const DEAF = {
  snapshot: () => undefined,
  emitted: () => undefined,
  stray: () => undefined,
  done: () => undefined,
  failed: () => undefined,
  stopped: () => undefined,
};

/** What a logic would make of an event. Runs no action, sends nothing; what an `assign` or a guard throws is thrown. */
export const snapshotAfter = (
  logic: AnyActorLogic,
  snapshot: SnapshotFrom<AnyActorLogic>,
  event: EventObject,
): SnapshotFrom<AnyActorLogic> => transition(logic, snapshot, event)[0];
