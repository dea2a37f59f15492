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
  /** Takes back what `source` has pending under this id. */
  cancel(source: AnyActorRef, id: string): void;
  /** Takes back all that `source` has pending. XState calls it when an actor stops. */
  cancelAll(source: AnyActorRef): void;
  /** How many events are pending in the whole system. */
  readonly size: number;
}

/**
 * XState's single door for a message from one actor to another: it tells the inspectors and delivers. The
 * published types leave it out. Without it a delayed event would arrive unseen.
 */
interface RelayingSystem {
  _relay?: (source: AnyActorRef, target: AnyActorRef, event: EventObject) => void;
}

/** An event without an id of its own is filed under a number, which no id can equal. */
type Key = string | number;

class DelayedEventTable implements DelayedEvents {
  readonly #clock: Clock;
  readonly #bySource = new Map<AnyActorRef, Map<Key, Set<Subscription>>>();
  #size = 0;
  #unnamed = 0;

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
    if (delay === Number.POSITIVE_INFINITY) return;
    const key = id ?? this.#unnamed++;
    const pending = this.#clock.scheduler.schedule(
      () => {
        this.#forget(source, key, pending);
        (source.system as RelayingSystem)._relay?.(source, target, event);
      },
      Math.max(0, delay),
    );
    this.#file(source, key, pending);
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

  #file(source: AnyActorRef, key: Key, pending: Subscription): void {
    let ofSource = this.#bySource.get(source);
    if (ofSource === undefined) {
      ofSource = new Map();
      this.#bySource.set(source, ofSource);
    }
    const underKey = ofSource.get(key);
    if (underKey === undefined) ofSource.set(key, new Set([pending]));
    else underKey.add(pending);
    this.#size += 1;
  }

  #forget(source: AnyActorRef, key: Key, pending: Subscription): void {
    const ofSource = this.#bySource.get(source);
    const underKey = ofSource?.get(key);
    if (ofSource === undefined || !underKey?.delete(pending)) return;
    this.#size -= 1;
    if (underKey.size > 0) return;
    ofSource.delete(key);
    if (ofSource.size === 0) this.#bySource.delete(source);
  }

  #drop(pending: Set<Subscription>): void {
    this.#size -= pending.size;
    for (const subscription of pending) subscription.unsubscribe();
  }
}

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
