import type { Subscription } from 'rxjs';
import type { AnyActorRef, EventObject } from 'xstate';
import { InvalidOptionError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';

/**
 * What an actor system sends later: `after`, `raise` and `sendTo` with a delay. It takes the place of
 * XState's own `system.scheduler`, which looks through every pending event of the whole system each time an
 * actor stops; here a stop costs what that one actor has pending.
 */
export interface DelayedEvents {
  /**
   * Delivers `event` from `source` to `target` after `delay` ms. Zero and less mean as soon as possible,
   * `Infinity` means never; any other length is honoured. Throws `InvalidOptionError` for `NaN`, where
   * XState delivers at once: the actor that asked for it fails, and the message says why. Two events with
   * one id are both delivered.
   */
  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delay: number,
    id?: string,
  ): void;
  /**
   * The same at a time on the clock's mono axis, ms; one that is past is as soon as possible. Events that are overdue
   * come in the order of these calls.
   */
  scheduleAt(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    due: number,
    id?: string,
  ): void;
  /**
   * What `source` has pending, in no order. An event that is being delivered still is until its target has moved on: a
   * copy of both that is made in between has the event, or what came of it.
   */
  pendingOf(source: AnyActorRef): PendingEvent[];
  /** Takes back what `source` has pending under this id. */
  cancel(source: AnyActorRef, id: string): void;
  /** Takes back all that `source` has pending. XState calls it when an actor stops. */
  cancelAll(source: AnyActorRef): void;
  /** How many events are pending in the whole system. */
  readonly size: number;
}

/** An event that waits to be delivered. */
export interface PendingEvent {
  readonly target: AnyActorRef;
  readonly event: EventObject;
  /** `null` for none. */
  readonly id: string | null;
  /** When it is due, mono ms. */
  readonly due: number;
  /** Of two that are due at one time the lower is delivered first. */
  readonly order: number;
}

/**
 * XState's single door for a message from one actor to another: it tells the inspectors and delivers. The
 * published types leave it out. Without it a delayed event would arrive unseen.
 */
interface RelayingSystem {
  _relay?: (source: AnyActorRef, target: AnyActorRef, event: EventObject) => void;
}

/** An event without an id of its own is filed under its order, a number, which no id can equal. */
type Key = string | number;

interface Filed extends PendingEvent {
  subscription: Subscription | null;
}

/** The event in hand, and its target as it was before. */
interface Delivery {
  readonly source: AnyActorRef;
  readonly filed: Filed;
  readonly before: unknown;
}

class DelayedEventTable implements DelayedEvents {
  readonly #clock: Clock;
  readonly #bySource = new Map<AnyActorRef, Map<Key, Set<Filed>>>();
  #size = 0;
  #scheduled = 0;
  #delivery: Delivery | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  schedule(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    delay: number,
    id?: string,
  ): void {
    if (Number.isNaN(delay)) {
      throw new InvalidOptionError(`The delay of "${event.type}"`, delay, 'a number of ms');
    }
    const due = this.#clock.mono() + Math.max(0, delay);
    this.scheduleAt(source, target, event, due, id);
  }

  scheduleAt(
    source: AnyActorRef,
    target: AnyActorRef,
    event: EventObject,
    due: number,
    id?: string,
  ): void {
    if (due === Number.POSITIVE_INFINITY) return;
    const order = this.#scheduled++;
    const filed: Filed = { target, event, id: id ?? null, due, order, subscription: null };
    this.#file(source, filed);
    filed.subscription = this.#clock.scheduler.schedule(
      () => this.#deliver(source, filed),
      Math.max(0, due - this.#clock.mono()),
    );
  }

  pendingOf(source: AnyActorRef): PendingEvent[] {
    const pending: PendingEvent[] = [];
    for (const underKey of this.#bySource.get(source)?.values() ?? []) pending.push(...underKey);
    const delivery = this.#delivery;
    if (delivery?.source !== source) return pending;
    const { filed, before } = delivery;
    if (filed.target.getSnapshot() === before) pending.push(filed);
    return pending;
  }

  cancel(source: AnyActorRef, id: string): void {
    const ofSource = this.#bySource.get(source);
    const underId = ofSource?.get(id);
    if (ofSource === undefined || underId === undefined) return;
    this.#drop(underId);
    ofSource.delete(id);
    if (ofSource.size === 0) this.#bySource.delete(source);
  }

  cancelAll(source: AnyActorRef): void {
    const ofSource = this.#bySource.get(source);
    if (ofSource === undefined) return;
    this.#bySource.delete(source);
    for (const underId of ofSource.values()) this.#drop(underId);
  }

  #deliver(source: AnyActorRef, filed: Filed): void {
    this.#forget(source, filed);
    this.#delivery = { source, filed, before: filed.target.getSnapshot() };
    try {
      (source.system as RelayingSystem)._relay?.(source, filed.target, filed.event);
    } finally {
      this.#delivery = null;
    }
  }

  #file(source: AnyActorRef, filed: Filed): void {
    let ofSource = this.#bySource.get(source);
    if (ofSource === undefined) {
      ofSource = new Map();
      this.#bySource.set(source, ofSource);
    }
    const underKey = ofSource.get(keyOf(filed));
    if (underKey === undefined) ofSource.set(keyOf(filed), new Set([filed]));
    else underKey.add(filed);
    this.#size += 1;
  }

  #forget(source: AnyActorRef, filed: Filed): void {
    const ofSource = this.#bySource.get(source);
    const underKey = ofSource?.get(keyOf(filed));
    if (ofSource === undefined || !underKey?.delete(filed)) return;
    this.#size -= 1;
    if (underKey.size > 0) return;
    ofSource.delete(keyOf(filed));
    if (ofSource.size === 0) this.#bySource.delete(source);
  }

  #drop(pending: Set<Filed>): void {
    this.#size -= pending.size;
    for (const { subscription } of pending) subscription?.unsubscribe();
  }
}

const keyOf = ({ id, order }: PendingEvent): Key => id ?? order;

/** The delayed events that were installed in an actor system. Throws where none were. */
export const delayedEventsOf = ({ scheduler }: AnyActorRef['system']): DelayedEvents => {
  if (scheduler instanceof DelayedEventTable) return scheduler;
  throw new Error('The actor system has no delayed events of Holdfast.');
};

/** Delayed events that wait on `clock.scheduler`. They keep to themselves until `installDelayedEvents`. */
export const createDelayedEvents = (clock: Clock): DelayedEvents => new DelayedEventTable(clock);

/**
 * Makes an actor system use these delayed events. Call it between `createActor(root)` and `root.start()`:
 * what was scheduled before would stay with XState's own scheduler. Throws when this version of XState has
 * no way to deliver them.
 */
export const installDelayedEvents = (
  system: AnyActorRef['system'],
  events: DelayedEvents,
): void => {
  if (typeof (system as RelayingSystem)._relay !== 'function') {
    throw new Error(
      'This version of XState is not supported: its actor system cannot relay events.',
    );
  }
  system.scheduler = events;
};
