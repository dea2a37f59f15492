import { type ActorRefFrom, type AnyActorLogic, createActor, type EventObject } from 'xstate';
import {
  type Occupancy,
  type RegistryMachine,
  type SessionInput,
  type SessionState,
  sessionMachine,
} from '../../machines/index.ts';
import { AlreadyExistsError, InvalidEventError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { createDelayedEvents, type DelayedEvents, installDelayedEvents } from './delayed-events.ts';
import { containInspector, type Inspector } from './inspection.ts';
import type { SessionActor } from './session-actor.ts';
import {
  type Admission,
  isRegistryCommand,
  REGISTRY_COMMANDS,
  type RegistryCommand,
  SessionTable,
} from './session-table.ts';

/** Where an error came from that must not hurt a session: an inspector, a callback, the registry's actor. */
export type RegistryErrorSource = 'inspect' | 'onSessionError' | 'registry';

/** How a registry is made. */
export interface RegistryOptions {
  /** What delayed events of all its actors wait on. */
  readonly clock: Clock;
  /** Hears the inspection events of the registry and of all sessions. What it throws goes to `onError`. */
  readonly inspect?: Inspector;
  /**
   * A session's actor threw and is gone; the registry and the other sessions go on. Called in the middle of
   * the registry's event: `spawn` is refused here, `stop` happens right after.
   */
  readonly onSessionError?: (id: string, error: unknown) => void;
  /** Hears errors that belong to no session. Default: they are dropped. */
  readonly onError?: (error: unknown, source: RegistryErrorSource) => void;
  /** What a session runs; default: the session's chart. It must take a `SessionInput`. */
  readonly logic?: AnyActorLogic;
}

/**
 * The actor that supervises all sessions, at a cost per spawn and stop that does not grow with their number.
 * Every call is synchronous.
 */
export interface Registry {
  /** The registry's own actor: the root of the system. Stop it to stop everything. */
  readonly actor: ActorRefFrom<RegistryMachine>;
  /** What the actors of the system have sent for later. */
  readonly delayedEvents: DelayedEvents;
  /** Sessions in the table. */
  readonly size: number;
  /** The registry is in the middle of an event, so `spawn` cannot be answered. Never true in a microtask. */
  readonly busy: boolean;
  /** Starts the actor. Before that nothing is let in. */
  start(): void;
  /**
   * Moves the registry on. Throws `InvalidEventError` for any other event: admissions and exits are the
   * registry's own, and `xstate.*` is never let in.
   */
  send(event: RegistryCommand): void;
  /**
   * Asks the chart to let a session in, and starts its actor if it does; `null` if not. Throws
   * `AlreadyExistsError` for an id in the table, an `Error` while `busy`, and what the session's logic threw
   * if it could not even start (`onSessionError` is not called then). With `state` it starts there, and not at the
   * beginning of its chart.
   */
  spawn(
    id: string,
    input: SessionInput,
    occupancy: Occupancy,
    state?: SessionState,
  ): SessionActor | null;
  /**
   * Lets a session go without an end: its actor is stopped and forgotten. While `busy` that happens right
   * after the event in hand. Returns false if there is no such session.
   */
  stop(id: string): boolean;
  /** The actor of a session in the table. */
  get(id: string): SessionActor | undefined;
  /** The ids in the table, in the order of their spawns. Live: it may be stopped while iterated. */
  ids(): IterableIterator<string>;
}

/** How XState hands an actor an event; its published types leave it out. */
interface Receiver {
  _send?: (event: EventObject) => void;
}

class ActorRegistry implements Registry {
  readonly actor: ActorRefFrom<RegistryMachine>;
  readonly delayedEvents: DelayedEvents;
  readonly #options: RegistryOptions;
  readonly #table: SessionTable;
  #started = false;
  /** Events the registry is in the middle of. */
  #depth = 0;
  /** The session whose `spawn` is running: its failure is for the caller. */
  #spawning: Admission | null = null;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#table = new SessionTable({
      logic: options.logic ?? sessionMachine,
      onCrash: (child, error) => this.#tellCrash(child, error),
    });
    const contain = (inspector: Inspector) =>
      containInspector(inspector, (error) => this.#tellError(error, 'inspect'));
    const actor = createActor(
      this.#table.logic,
      options.inspect === undefined ? {} : { inspect: contain(options.inspect) },
    );
    const { system } = actor;
    const attach = system.inspect;
    system.inspect = (inspector) => attach(contain(inspector));
    this.delayedEvents = createDelayedEvents(options.clock);
    installDelayedEvents(system, this.delayedEvents);
    // Without an observer of errors XState throws them where nobody can catch them.
    actor.subscribe({ error: (error) => this.#tellError(error, 'registry') });
    this.actor = actor;
    this.#watchTurns(actor);
  }

  get size(): number {
    return this.#table.sessions.size;
  }

  get busy(): boolean {
    return this.#depth > 0;
  }

  start(): void {
    this.#started = true;
    this.#turn(() => this.actor.start());
  }

  send(event: RegistryCommand): void {
    if (!isRegistryCommand(event)) throw new InvalidEventError(event, REGISTRY_COMMANDS);
    if (this.#over()) return;
    this.actor.send(event);
  }

  spawn(
    id: string,
    input: SessionInput,
    occupancy: Occupancy,
    state?: SessionState,
  ): SessionActor | null {
    if (this.busy) {
      throw new Error('The registry is in the middle of an event: spawn again in a microtask.');
    }
    if (this.#table.sessions.has(id)) throw new AlreadyExistsError('The session');
    if (!this.#started || this.#over()) return null;
    const from = state === undefined ? {} : { state };
    const admission: Admission = { id, input, ...from, child: null };
    this.#spawning = admission;
    try {
      this.actor.send(this.#table.admission(admission, occupancy));
    } finally {
      this.#spawning = null;
    }
    const snapshot = admission.child?.getSnapshot();
    if (snapshot?.status === 'error') throw snapshot.error;
    return admission.child;
  }

  stop(id: string): boolean {
    const child = this.#table.sessions.get(id);
    if (child === undefined) return false;
    this.actor.send(this.#table.release(child));
    return true;
  }

  get(id: string): SessionActor | undefined {
    return this.#table.sessions.get(id);
  }

  ids(): IterableIterator<string> {
    return this.#table.sessions.keys();
  }

  #over(): boolean {
    return this.actor.getSnapshot().status !== 'active';
  }

  /** Counts the turns of the registry, also those a child's report starts, for `busy` to be exact. */
  #watchTurns(receiver: Registry['actor'] & Receiver): void {
    const receive = receiver._send?.bind(receiver);
    if (receive === undefined) {
      throw new Error('This version of XState is not supported: its actors cannot be watched.');
    }
    receiver._send = (event) => {
      if (event.type !== 'xstate.stop') this.#turn(() => receive(event));
    };
  }

  #turn(run: () => void): void {
    this.#depth += 1;
    try {
      run();
    } finally {
      this.#depth -= 1;
    }
  }

  #tellCrash(child: SessionActor, error: unknown): void {
    if (child === this.#spawning?.child) return;
    try {
      this.#options.onSessionError?.(child.id, error);
    } catch (thrown) {
      this.#tellError(thrown, 'onSessionError');
    }
  }

  #tellError(error: unknown, source: RegistryErrorSource): void {
    try {
      this.#options.onError?.(error, source);
    } catch {
      // It was told. There is nobody else to tell, and a throw here would hurt the session in hand.
    }
  }
}

/** Makes a registry with no sessions. Call `start`, then send `registry.ready`. */
export const createRegistry = (options: RegistryOptions): Registry => new ActorRegistry(options);
