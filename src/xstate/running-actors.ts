import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { Inspector } from './inspection.ts';

/** What an actor says of itself beyond XState's published types. */
interface Placed {
  readonly _parent?: AnyActorRef;
  /** 0: not started, 1: it runs, 2: it was stopped, or came to its end. */
  readonly _processingStatus?: number;
}

/** All actors of a system that run, whoever has them: an inspector that keeps each one it hears of until it is over. */
export class RunningActors {
  readonly #known = new Set<AnyActorRef>();
  #pruneAt = 1_000;

  /** What to give to the system; it passes everything on. */
  inspector(next: Inspector | undefined): (event: InspectionEvent) => void {
    return (event) => {
      if (event.type === '@xstate.actor') this.#add(event.actorRef as AnyActorRef);
      if (typeof next === 'function') next(event);
      else next?.next?.(event);
    };
  }

  /** The way to each that runs, by ids, from below the root of its system; the root is left out. */
  paths(): readonly (readonly string[])[] {
    this.#prune();
    return [...this.#known]
      .filter(isRunning)
      .map(pathOf)
      .filter(({ length }) => length > 0);
  }

  #add(actor: AnyActorRef): void {
    this.#known.add(actor);
    if (this.#known.size < this.#pruneAt) return;
    this.#prune();
    this.#pruneAt = Math.max(1_000, 2 * this.#known.size);
  }

  /** One that was not started yet may be later. */
  #prune(): void {
    for (const actor of this.#known) {
      if ((actor as AnyActorRef & Placed)._processingStatus === 2) this.#known.delete(actor);
    }
  }
}

const isRunning = (actor: AnyActorRef & Placed): boolean => actor._processingStatus === 1;

const pathOf = (actor: AnyActorRef): readonly string[] => {
  const path: string[] = [];
  for (let one: (AnyActorRef & Placed) | undefined = actor; one?._parent; one = one._parent) {
    path.unshift(one.id);
  }
  return path;
};
