import { type InspectionEvent, isMachineSnapshot } from 'xstate';
import type { Clock } from '../time/clock.ts';

/** More transitions at one moment than any machine needs that comes to rest. */
export const TRANSITIONS_AT_ONCE = 10_000;

/** So many states that the last transitions led to are noted: where a machine that does not rest goes round. */
const NOTED = 10;

/**
 * Ends machines that do not rest: charts whose immediate transitions, or events they raise or send one another, go round
 * without end. XState would go on until the process has no memory left. It counts the transitions of a whole system of
 * actors, and throws within the one that is too many: its actor fails.
 */
export class Unrest {
  readonly #clock: Pick<Clock, 'mono'>;
  readonly #last = new Set<string>();
  #at = Number.NaN;
  #count = 0;

  constructor(clock: Pick<Clock, 'mono'>) {
    this.#clock = clock;
  }

  /** Whether there were too many, once. */
  get isFound(): boolean {
    return this.#count > TRANSITIONS_AT_ONCE;
  }

  /** The values of the states it went round in, as JSON. */
  get states(): readonly string[] {
    return [...this.#last].sort();
  }

  /** Somebody outside sent something: what comes of it is counted from here. */
  begin(): void {
    if (!this.isFound) this.#count = 0;
  }

  /** To be told all that the system tells. Throws. */
  hear(event: InspectionEvent): void {
    // Who is stopped for it must not fail at that.
    if (event.type !== '@xstate.microstep' || event.event.type === 'xstate.stop') return;
    const now = this.#clock.mono();
    if (now !== this.#at) this.begin();
    this.#at = now;
    this.#count += 1;
    if (this.#count <= TRANSITIONS_AT_ONCE - NOTED) return;
    const { snapshot } = event;
    if (!this.isFound && isMachineSnapshot(snapshot)) {
      this.#last.add(JSON.stringify(snapshot.value));
    }
    if (this.isFound) throw new Error(`${TRANSITIONS_AT_ONCE} transitions at one moment`);
  }
}
