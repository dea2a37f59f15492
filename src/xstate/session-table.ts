import { type AnyActorLogic, createActor } from 'xstate';
import {
  type Occupancy,
  type RegistryEvent,
  type RegistryMachine,
  registryMachine,
  type SessionInput,
  type SessionState,
} from '../../machines/index.ts';
import { persistedAt } from './absent-actor.ts';
import type { SessionActor } from './session-actor.ts';

type RegistrySnapshot = Parameters<RegistryMachine['transition']>[0];
type RegistryScope = Parameters<RegistryMachine['transition']>[2];

const DONE = 'xstate.done.actor.';
const FAILED = 'xstate.error.actor.';

/** What the chart hears from outside without anything being asked of the table. */
export const REGISTRY_COMMANDS = ['registry.ready', 'registry.drain', 'registry.stopped'] as const;

/** An event that moves the registry from one state to the next. */
export type RegistryCommand = Extract<RegistryEvent, { type: (typeof REGISTRY_COMMANDS)[number] }>;

/** Whether something is an event the registry takes from outside. */
export const isRegistryCommand = (event: unknown): event is RegistryCommand =>
  typeof event === 'object' &&
  event !== null &&
  'type' in event &&
  REGISTRY_COMMANDS.some((type) => type === event.type);

/** A session that asks to be let in. `child` is filled in when the chart has let it in. */
export interface Admission {
  readonly id: string;
  readonly input: SessionInput;
  /** The state it starts in; left out: at the beginning of its chart. */
  readonly state?: SessionState;
  child: SessionActor | null;
}

/** How the table of sessions is made. */
export interface SessionTableOptions {
  /** What a session runs. It is given a `SessionInput`. */
  readonly logic: AnyActorLogic;
  /** A session's actor threw and is gone. Must not throw. */
  readonly onCrash: (child: SessionActor, error: unknown) => void;
}

/**
 * The table of sessions and the logic over the registry's chart that keeps it. The chart decides; this
 * carries out: it starts a child when the chart has let it in, and tells the chart when one is gone.
 *
 * The children are in a map of its own, since XState copies a machine's `children` at every spawn and stop.
 * What children report is given the chart under two fixed names, since XState keeps a note of every event
 * type for ever, and the types it gives such reports carry the child's id. The map changes only inside a
 * transition.
 */
export class SessionTable {
  readonly sessions = new Map<string, SessionActor>();
  /** What to give `createActor`: the chart, with this table's transition. */
  readonly logic: RegistryMachine;
  readonly #options: SessionTableOptions;
  /** Events made here, with what they ask of the table. One that only looks like them is let fall. */
  readonly #admissions = new WeakMap<object, Admission>();
  readonly #releases = new WeakMap<object, SessionActor>();

  constructor(options: SessionTableOptions) {
    this.#options = options;
    const logic: RegistryMachine = Object.create(registryMachine);
    logic.transition = (snapshot, event, scope) => this.#transition(snapshot, event, scope);
    this.logic = logic;
  }

  /** The event that asks the chart to let a session in. Its `id` is there for inspectors to see. */
  admission(admission: Admission, occupancy: Occupancy): RegistryEvent {
    const event = { type: 'registry.admit' as const, id: admission.id, ...occupancy };
    this.#admissions.set(event, admission);
    return event;
  }

  /** The event that lets a session go without an end. */
  release(child: SessionActor): RegistryEvent {
    const event = { type: 'registry.exited' as const, id: child.id };
    this.#releases.set(event, child);
    return event;
  }

  #transition(
    snapshot: RegistrySnapshot,
    event: RegistryEvent,
    scope: RegistryScope,
  ): RegistrySnapshot {
    // XState stops the children it knows when a machine ends. It does not know these.
    try {
      const next = this.#next(snapshot, event, scope);
      if (next.status !== 'active') this.#stopAll(scope);
      return next;
    } catch (error) {
      this.#stopAll(scope);
      throw error;
    }
  }

  #next(snapshot: RegistrySnapshot, event: RegistryEvent, scope: RegistryScope): RegistrySnapshot {
    // XState sends more than the chart's own events.
    const type: string = event.type;
    if (type.startsWith(DONE)) return this.#done(snapshot, type.slice(DONE.length), scope);
    if (type.startsWith(FAILED)) return this.#crashed(snapshot, type.slice(FAILED.length), scope);
    // Once each, and taken out at once: a weak table never shrinks by itself.
    const admission = this.#admissions.get(event);
    if (admission !== undefined) {
      this.#admissions.delete(event);
      return this.#admit(snapshot, event, admission, scope);
    }
    const released = this.#releases.get(event);
    if (released !== undefined) {
      this.#releases.delete(event);
      return this.#release(snapshot, event, released, scope);
    }
    if (isRegistryCommand(event) || type === 'xstate.stop') {
      return registryMachine.transition(snapshot, event, scope);
    }
    return snapshot;
  }

  #admit(
    snapshot: RegistrySnapshot,
    event: RegistryEvent,
    admission: Admission,
    scope: RegistryScope,
  ): RegistrySnapshot {
    const next = registryMachine.transition(snapshot, event, scope);
    if (next.context.admitted === snapshot.context.admitted) return next;
    const { id, input, state } = admission;
    const child: SessionActor = createActor(this.#options.logic, {
      parent: scope.self,
      id,
      input,
      ...(state === undefined ? {} : { snapshot: persistedAt({ ...input, state, reason: null }) }),
    });
    this.sessions.set(id, child);
    admission.child = child;
    scope.defer(() => child.start());
    return next;
  }

  #release(
    snapshot: RegistrySnapshot,
    event: RegistryEvent,
    child: SessionActor,
    scope: RegistryScope,
  ): RegistrySnapshot {
    if (this.sessions.get(child.id) !== child) return snapshot;
    this.sessions.delete(child.id);
    scope.stopChild(child);
    return registryMachine.transition(snapshot, event, scope);
  }

  #done(snapshot: RegistrySnapshot, id: string, scope: RegistryScope): RegistrySnapshot {
    if (this.#take(id, 'done') === undefined) return snapshot;
    return registryMachine.transition(snapshot, { type: 'registry.exited' }, scope);
  }

  #crashed(snapshot: RegistrySnapshot, id: string, scope: RegistryScope): RegistrySnapshot {
    const child = this.#take(id, 'error');
    if (child === undefined) return snapshot;
    scope.defer(() => this.#options.onCrash(child, child.getSnapshot().error));
    return registryMachine.transition(snapshot, { type: 'registry.crashed' }, scope);
  }

  /**
   * Takes a child out that has come to this status. A report names only an id, and one that was released in
   * the middle of an event may still finish and report when its id belongs to somebody else: the status of
   * the child in the table tells whether the report is its own.
   */
  #take(id: string, status: 'done' | 'error'): SessionActor | undefined {
    const child = this.sessions.get(id);
    if (child?.getSnapshot().status !== status) return undefined;
    this.sessions.delete(id);
    return child;
  }

  #stopAll(scope: RegistryScope): void {
    for (const child of this.sessions.values()) scope.stopChild(child);
    this.sessions.clear();
  }
}
