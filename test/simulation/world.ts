import type { Randomness } from '../../src/identity/randomness.ts';
import type { SimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { isPromised } from '../property/promised.ts';
import { Chance } from './chance.ts';
import type { Coverage } from './coverage.ts';
import { diskOf, type StoreKind } from './disks.ts';
import { wrote } from './hearing.ts';
import { INVARIANTS, type Invariant, type Occasion } from './invariants.ts';
import { askingOf } from './invariants-refusals.ts';
import { LimitsReached } from './limits-reached.ts';
import { SURELY_A_GAP_MS } from './numbers.ts';
import { SimProcess } from './process.ts';
import { isFenced, isOurs, nameOf } from './rejections.ts';
import { type Setup, setupOf } from './setup.ts';
import type { Ask, Slot } from './slot.ts';
import { stepsOfRefusal } from './steps.ts';
import { Trace } from './trace.ts';
import { Truth } from './truth.ts';
import { WallSeen } from './wall-seen.ts';

/** Something that was not true. */
export interface Broken {
  readonly invariant: string;
  readonly sentence: string;
  readonly detail: string;
}

/** A call that was not answered yet. */
export interface Pending {
  readonly what: string;
  readonly slot: Slot | null;
}

/** One world: a server that is restarted and killed, its store, its clients, and what each of them knows. */
export class World {
  readonly seed: number;
  readonly chance: Chance;
  readonly setup: Setup;
  readonly clock = createVirtualClock();
  readonly trace = new Trace(() => this.clock.mono());
  readonly store: StoreKind;
  readonly disk: SimulatedDisk & { end(): void };
  readonly truth: Truth;
  readonly coverage: Coverage;
  readonly slots: Slot[] = [];
  readonly asks = new Map<number, Ask>();
  /** Wall time at which each was asked for; the lowest there was since then, where the clock was put back. */
  readonly askedWall = new Map<number, number>();
  /** Creates that were rejected: their record, where there is one, is being taken back. */
  readonly rejected = new Set<number>();
  readonly pending = new Set<Pending>();
  readonly limits = new LimitsReached();
  readonly broken: Broken[] = [];
  process: SimProcess | null = null;
  processes = 0;
  /** End of the last gap that nobody can have overlooked, mono. */
  gapFrom = Number.NEGATIVE_INFINITY;
  /** The last moment at which time or the process was anything but regular, mono: what is due may be late from here. */
  disturbedAt = Number.NEGATIVE_INFINITY;
  /** The wall clock was set or the machine slept at least once: wall time and monotonic time have parted. */
  wallMoved = false;
  readonly wallSeen = new WallSeen(this.clock);
  /** Since when the store does all it is asked for, mono; `null`: it does not. */
  healthySince: number | null;
  diskIsFull = false;
  /** The store of the process has ended by itself: nothing it is asked for is done. */
  storeHasEnded = false;
  /** Nothing breaks by itself any more. */
  healed = false;
  #numbers = 0;
  readonly #byId = new Map<string, Slot>();
  readonly #byNumber = new Map<number, Slot>();

  constructor(seed: number, coverage: Coverage, store: StoreKind) {
    this.seed = seed;
    this.store = store;
    this.chance = new Chance(`seed ${seed}`);
    this.setup = setupOf(this.chance.fork('setup'));
    this.coverage = coverage;
    this.disk = diskOf(this);
    this.truth = new Truth(
      this.disk,
      (written) => wrote(this, written),
      (isThere) => coverage.met(`${isThere ? '' : 'not '}done, and the outcome unknown`),
    );
    this.healthySince = this.setup.store === 'calm' ? Number.NEGATIVE_INFINITY : null;
    this.trace.did(`seed ${seed}, ${store}: ${JSON.stringify(this.setup)}`);
  }

  /** The chance of one process: what one process draws changes nothing in the next. */
  randomnessOf(process: number): Randomness {
    const chance = this.chance.fork(`process ${process}`);
    const bytes = (count: number): Buffer =>
      Buffer.from(Array.from({ length: count }, () => chance.below(256)));
    return {
      base64url: (count) => bytes(count).toString('base64url'),
      uuid: () => bytes(16).toString('hex'),
      number: () => chance.number(),
    };
  }

  /** A number that nobody has yet. */
  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  // Processes.

  /** Starts a server over what the disk has. */
  start(): void {
    const store = this.disk.open();
    this.truth.reload();
    this.processes += 1;
    this.storeHasEnded = false;
    this.trace.did(`process ${this.processes} starts`);
    const now = this.clock.mono();
    this.disturbedAt = now;
    const sinceAlive = this.clock.wall() - this.truth.highestAlive;
    if (Number.isFinite(sinceAlive) && sinceAlive > SURELY_A_GAP_MS + 1_000) this.gapFrom = now;
    for (const slot of this.slots) {
      slot.storedSince = now;
      slot.actor = null;
      slot.reason = null;
      slot.presences = 0;
      slot.residency = 'stored';
    }
    this.process = new SimProcess(this, this.processes, this.truth.over(store));
    if (this.setup.store === 'calm') this.process.faulty.heal();
    // A new process has a store that fails by its rates.
    else this.healthySince = null;
    this.check('started', {});
  }

  /** Kills the server. Nobody is answered any more, and what was not synced may be lost. */
  crash(why: string): void {
    const { process } = this;
    if (process === null) return;
    this.trace.did(`process ${process.number} is killed (${why})`);
    process.die();
    this.#gone();
    const keep = this.chance.flip(0.5) ? 0 : this.chance.below(4);
    if (this.disk.unsynced > keep) this.coverage.met('a write was lost in a crash');
    this.disk.crash({ keep });
    for (const slot of this.slots) slot.wasCutOff(this.clock.mono(), process);
  }

  /** The store has ended by itself: somebody will see that nothing works, and kill the process. */
  storeEnded(withinMs: number): void {
    const { process } = this;
    if (process === null) return;
    this.trace.did(`the store of process ${process.number} ends`);
    this.storeHasEnded = true;
    this.healthySince = null;
    this.clock.scheduler.schedule(() => {
      if (process.alive) this.crash('its store has ended');
    }, withinMs);
  }

  /** The server has stopped in order. */
  stopped(): void {
    const { process } = this;
    process?.die();
    this.#gone();
    // Those that it could not put away are left as a crash would leave them.
    for (const slot of this.slots) {
      const { putAway, eventSeq = 0 } = slot.kept?.record.session ?? {};
      const away = putAway === true && slot.residency === 'stored' && slot.seq <= eventSeq;
      if (!away) slot.wasCutOff(this.clock.mono(), process);
    }
  }

  #gone(): void {
    // Its clock may be lifted, and what it wrote last is in its time.
    this.wall();
    this.process = null;
    this.pending.clear();
    for (const slot of this.slots) {
      slot.journal.cutOff();
      slot.session = null;
      slot.jobs = [];
      slot.detachers.length = 0;
      slot.pending = 0;
      slot.actor = null;
      slot.unshown.length = 0;
    }
  }

  // Time.

  /** Time goes on. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.wall();
  }

  /** The highest wall time that anybody can know of. */
  wall(): number {
    const { clock, process } = this;
    this.wallSeen.look(clock, process?.context.clock ?? null);
    return this.wallSeen.highest;
  }

  /** Something happened to time, or to the process in it, that takes until now. */
  disturbed(surely: boolean): void {
    this.disturbedAt = this.clock.mono();
    if (surely) this.gapFrom = this.clock.mono();
    this.wall();
  }

  // Calls.

  /** Notes what becomes of a call of a client. A process that dies answers nobody. */
  call<T>(
    slot: Slot | null,
    what: string,
    make: () => Promise<T>,
    then: { resolved?: (value: T) => void; rejected?: (error: unknown) => void } = {},
    principal: string | null = null,
  ): void {
    const { process } = this;
    if (process === null) return;
    const asking = askingOf(this, slot, principal);
    const name = slot === null ? what : `#${slot.index} ${what}`;
    const entry: Pending = { what: name, slot };
    this.pending.add(entry);
    if (slot !== null) slot.pending += 1;
    const answered = (deal: () => void): void => {
      if (!process.alive || !this.pending.delete(entry)) return;
      if (slot !== null) slot.pending -= 1;
      deal();
    };
    make().then(
      (value) =>
        answered(() => {
          this.trace.saw(`${name}: done`);
          then.resolved?.(value);
        }),
      (error: unknown) =>
        answered(() => {
          this.trace.saw(`${name}: ${nameOf(error)}`);
          const isLetGo = this.storeHasEnded && isFenced(error);
          if (!isPromised(error) && !isOurs(error) && !isLetGo) {
            this.violated('refusals', `${name} was rejected with ${String(error)}`);
          }
          this.check('refused', { asking, error });
          stepsOfRefusal(this, slot, error);
          then.rejected?.(error);
        }),
    );
  }

  // Sessions.

  slotOf(id: string): Slot | undefined {
    return this.#byId.get(id);
  }

  slotNumbered(n: number): Slot | undefined {
    return this.#byNumber.get(n);
  }

  /** A session has this id, too. */
  named(slot: Slot, id: string): void {
    if (!slot.ids.includes(id)) slot.ids.push(id);
    this.#byId.set(id, slot);
  }

  /** A session is in the store for the first time. */
  born(slot: Slot): void {
    this.slots.push(slot);
    this.#byNumber.set(slot.ask.n, slot);
    this.named(slot, slot.id);
  }

  // Invariants.

  check<O extends keyof Occasion>(on: O, given: Occasion[O]): void {
    for (const invariant of INVARIANTS[on] as readonly Invariant<Occasion[O]>[]) {
      for (const detail of invariant.check(this, given)) {
        this.note(invariant.name, invariant.sentence, detail);
      }
    }
  }

  violated(invariant: string, detail: string): void {
    const sentence =
      invariant === 'refusals'
        ? 'A call is refused only with an error that its caller was promised.'
        : 'Nothing is told, and nobody is called back, of a session without a record.';
    this.note(invariant, sentence, detail);
  }

  note(invariant: string, sentence: string, detail: string): void {
    this.trace.saw(`NOT TRUE: ${sentence} ${detail}`);
    this.broken.push({ invariant, sentence, detail });
  }
}
