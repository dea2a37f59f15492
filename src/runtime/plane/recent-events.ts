import type { LifecycleEvent, SessionLifecycleEvent } from '../../observe/events.ts';

/** The last so many of a row of things, oldest first; the older ones make room. */
export class Recent<T> {
  readonly #most: number;
  #kept: T[] = [];
  /** Where the oldest one is, once there are `most`. */
  #next = 0;

  /** @param most at least 1. */
  constructor(most: number) {
    this.#most = most;
  }

  add(one: T): void {
    if (this.#kept.length < this.#most) {
      this.#kept.push(one);
      return;
    }
    this.#kept[this.#next] = one;
    this.#next = (this.#next + 1) % this.#most;
  }

  list(): T[] {
    return [...this.#kept.slice(this.#next), ...this.#kept.slice(0, this.#next)];
  }
}

/** What is still kept of one session's events. */
export const eventsOf = (recent: Recent<LifecycleEvent>, id: string): SessionLifecycleEvent[] =>
  recent.list().filter((event): event is SessionLifecycleEvent => 'id' in event && event.id === id);
