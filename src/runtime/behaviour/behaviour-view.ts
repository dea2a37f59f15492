import type { AnyActorLogic, SnapshotFrom, Subscription } from 'xstate';
import type { BehaviourStatus, BehaviourView } from './behaviour.ts';

type Seen = SnapshotFrom<AnyActorLogic>;

/** What a view shows. */
export interface Viewed {
  readonly name: string;
  readonly incarnation: number;
  readonly status: BehaviourStatus;
  readonly snapshot: Seen;
  /** Who hears its snapshots; `null`: nobody. */
  listeners: Set<(snapshot: Seen) => void> | null;
  /** Listeners came or went. */
  reviewed(): void;
}

/** A behaviour, to look at and nothing else. */
export class ViewOfBehaviour implements BehaviourView {
  readonly #viewed: Viewed;

  constructor(viewed: Viewed) {
    this.#viewed = viewed;
  }

  get name(): string {
    return this.#viewed.name;
  }

  get incarnation(): number {
    return this.#viewed.incarnation;
  }

  get status(): BehaviourStatus {
    return this.#viewed.status;
  }

  getSnapshot(): Seen {
    return this.#viewed.snapshot;
  }

  subscribe(listener: (snapshot: Seen) => void): Subscription {
    const viewed = this.#viewed;
    if (viewed.status === 'stopped') return { unsubscribe: () => undefined };
    // A listener given twice is heard twice: each subscription is its own.
    const own = (snapshot: Seen): void => listener(snapshot);
    viewed.listeners ??= new Set();
    viewed.listeners.add(own);
    viewed.reviewed();
    return {
      unsubscribe: () => {
        viewed.listeners?.delete(own);
        if (viewed.listeners?.size === 0) viewed.listeners = null;
        viewed.reviewed();
      },
    };
  }
}

/** Shows everybody who listens the snapshot there is. What a listener throws goes to `onError`. */
export const tellAll = (
  { snapshot, listeners }: Viewed,
  onError: (error: unknown) => void,
): void => {
  for (const listener of listeners ?? []) {
    try {
      listener(snapshot);
    } catch (error) {
      onError(error);
    }
  }
};
