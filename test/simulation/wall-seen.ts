import type { Clock } from '../../src/time/clock.ts';

/** The wall clock as anybody in the world may have seen it. */
export class WallSeen {
  /** The highest wall time that anybody can know of. */
  highest: number;
  /** By how much it was set back for the processes, in all, ms: what they keep by it comes that much later. */
  fallenMs = 0;
  #aheadOfMono: number;

  constructor(clock: Clock) {
    this.highest = clock.wall();
    this.#aheadOfMono = this.highest - clock.mono();
  }

  /** Looks at the clock of the world, and at that of its process, which may be lifted above it; `null`: nobody is there. */
  look(world: Clock, process: Clock | null): void {
    this.highest = Math.max(this.highest, world.wall());
    if (process === null) return;
    const wall = process.wall();
    this.highest = Math.max(this.highest, wall);
    const aheadOfMono = wall - process.mono();
    this.fallenMs += Math.max(0, this.#aheadOfMono - aheadOfMono);
    this.#aheadOfMono = aheadOfMono;
  }
}
