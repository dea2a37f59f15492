import { type Birth, type Job, Life, type Moment } from './life.ts';
import { BOUNDS, GAP_MS, type Reason, TICK_MS } from './numbers.ts';

/** What a call comes to, by the model. */
export type Expected =
  | { readonly resolves: true }
  /** The stable code of the error, and the reason where it says that the session has ended. */
  | { readonly rejects: string; readonly reasons?: readonly Reason[] };

export const DONE: Expected = { resolves: true };
export const refused = (what: string): Expected => ({ rejects: `ERR_HOLDFAST_${what}` });

/** Something that happens at a time of its own. */
interface Timer {
  at: number;
  run(): void;
}

/**
 * The whole runtime as a plain model over a store that answers at once: sections 3 to 5 as tables, numbers and one loop
 * over time. It never calls the code under test.
 */
export class Model {
  mono = 0;
  readonly lives: Life[] = [];
  draining = false;
  closed = false;
  created = 0;
  beats = 0;
  misses = 0;
  aborted = 0;
  /** How late the last tick came, ms. */
  lagMs = 0;
  #wallOffset: number;
  #gapEnd = Number.NEGATIVE_INFINITY;
  #lastLook: { mono: number; wall: number };
  #nextTick = TICK_MS;
  #holding = false;
  #timers: Timer[] = [];

  constructor(wall: number) {
    this.#wallOffset = wall;
    this.#lastLook = { mono: 0, wall };
    const sweep: Timer = {
      at: BOUNDS.sweepIntervalMs,
      run: () => {
        this.sweep();
        this.at(this.mono + BOUNDS.sweepIntervalMs, sweep.run);
      },
    };
    this.#timers.push(sweep);
  }

  get wall(): number {
    return this.mono + this.#wallOffset;
  }

  get now(): Moment {
    const { mono, wall, draining } = this;
    return { mono, wall, draining, gapEnd: this.#gapEnd };
  }

  get living(): Life[] {
    return this.lives.filter((life) => !life.isOver);
  }

  get inFlight(): number {
    return this.lives.reduce((sum, life) => sum + life.inFlight, 0);
  }

  /** Has something happen at a mono time; returns what takes that back. */
  at(at: number, run: () => void): () => void {
    const timer = { at, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  stall(ms: number): void {
    this.mono += ms;
  }

  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Time goes on: everything that falls due happens, one after the other. */
  advance(ms: number): void {
    const end = this.mono + ms;
    for (;;) {
      const next = this.#next();
      if (next === null || next.at > end) break;
      this.mono = Math.max(this.mono, next.at);
      next.run();
    }
    this.mono = Math.max(this.mono, end);
  }

  #next(): Timer | null {
    if (this.closed) return null;
    let first: Timer = { at: this.#nextTick, run: () => this.#tick() };
    for (const timer of this.#timers) if (timer.at < first.at) first = timer;
    if (!this.#timers.includes(first)) return first;
    return {
      at: first.at,
      run: () => {
        this.#timers = this.#timers.filter((one) => one !== first);
        first.run();
      },
    };
  }

  /** One look of the wheel. One that comes late by more than a tick judges nobody: who was kept waiting is heard first. */
  #tick(): void {
    this.lagMs = this.mono - this.#nextTick;
    this.#observeGap();
    this.#holding = this.lagMs > TICK_MS && !this.#holding;
    this.#nextTick = (Math.floor(this.mono / TICK_MS) + 1) * TICK_MS;
    if (!this.#holding) this.look();
  }

  /** A stall, a sleep, or a step of the wall clock of more than 2 s is a gap. */
  #observeGap(): void {
    const { mono, wall } = this;
    const step = wall - this.#lastLook.wall - (mono - this.#lastLook.mono);
    this.#lastLook = { mono, wall };
    if (Math.max(this.lagMs, Math.abs(step)) > GAP_MS) this.#gapEnd = mono;
  }

  /** Looks at every deadline. Returns those it ended. */
  look(): Life[] {
    const ended: Life[] = [];
    for (const life of this.living) {
      const missed = life.missed;
      const reasons = life.look(this.now);
      this.misses += life.missed - missed;
      if (reasons.length === 0) continue;
      this.end(life, reasons);
      ended.push(life);
    }
    return ended;
  }

  sweep(): void {
    if (this.draining) return;
    for (const life of this.lives) {
      if (life.buried && life.endedAt + BOUNDS.tombstoneMs <= this.wall) life.buried = false;
    }
  }

  end(life: Life, reasons: readonly Reason[]): void {
    life.end(reasons, this.now);
    this.quiet();
  }

  /** What refuses a call on a session that has ended. */
  over(life: Life): Expected {
    return { rejects: 'ERR_HOLDFAST_TERMINATED', reasons: life.reasons };
  }

  // Admission, section 5.

  /** Why there is no room for one more; `null`: there is. */
  lacks(principal: string | null): 'maxPerPrincipal' | 'maxResident' | null {
    const { living } = this;
    const own = living.filter((life) => life.principal === principal).length;
    if (principal !== null && own >= BOUNDS.maxPerPrincipal) return 'maxPerPrincipal';
    return living.length >= BOUNDS.maxResident ? 'maxResident' : null;
  }

  /** Who may be asked to make room: the longest idle of the same principal, without work. */
  evictable(principal: string | null): Life[] {
    if (principal === null) return [];
    const idle = this.living.filter(
      (life) => life.principal === principal && life.state === 'idle' && life.inFlight === 0,
    );
    const longest = Math.min(...idle.map(({ idleSince }) => idleSince));
    return idle.filter(({ idleSince }) => idleSince === longest);
  }

  create(seed: Birth): Life {
    const life = new Life(seed, this.now);
    this.lives.push(life);
    this.created += 1;
    return life;
  }

  keyed(principal: string | null, key: string): Life | undefined {
    return this.living.find((life) => life.principal === principal && life.key === key);
  }

  // Work, section 5.

  run(life: Life, id: string, timeoutMs: number): Expected {
    if (life.isOver) return this.over(life);
    if (life.state === 'paused') return refused('PAUSED');
    if (this.draining) return refused('DRAINING');
    if (this.wall >= life.expiresAt) {
      return { rejects: 'ERR_HOLDFAST_TERMINATED', reasons: ['max-lifetime'] };
    }
    const queued = life.jobs.filter(({ state }) => state === 'queued').length;
    if (queued >= BOUNDS.maxQueuedOperations) return refused('BUSY');
    life.activity(this.now);
    const job: Job = { id, state: 'queued' };
    life.jobs.push(job);
    this.fill(life);
    this.at(this.mono + timeoutMs, () => this.finish(life, job));
    return DONE;
  }

  finish(life: Life, job: Job): void {
    if (!life.jobs.includes(job)) return;
    life.finish(job, this.now);
    this.fill(life);
    this.quiet();
  }

  /** First come, first served, as long as there are places; not while it is paused. */
  fill(life: Life): void {
    if (life.state === 'paused') return;
    for (const job of life.jobs) {
      const running = life.jobs.filter(({ state }) => state === 'running').length;
      if (running < BOUNDS.maxConcurrentOperations) job.state = 'running';
    }
  }

  // Supervision, section 5.

  /** The behaviour fails; returns between what times it must be started again, `null` where it is given up. */
  childFails(life: Life): readonly [number, number] | null {
    const between = life.child?.fail(this.mono) ?? null;
    if (between === null) this.end(life, ['crashed']);
    return between;
  }

  childRestartsIn(life: Life, ms: number): void {
    const { child } = life;
    this.at(this.mono + ms, () => {
      if (life.isOver || child?.status !== 'restarting') return;
      child.restart(this.mono);
      life.quietSince = this.mono;
      this.quiet();
    });
  }

  // Drain, section 5.

  drain(operationsMs: number): void {
    this.draining = true;
    for (const { child } of this.living) child?.stopWaiting();
    if (operationsMs > 0) this.at(this.mono + operationsMs, () => this.#shutDown());
    if (operationsMs === 0) this.#shutDown();
    else this.quiet();
  }

  /** Called when work may have ended: a drain waits for the last of it. */
  quiet(): void {
    if (this.draining && !this.closed && this.inFlight === 0) this.#shutDown();
  }

  #shutDown(): void {
    if (this.closed) return;
    this.aborted = this.living.reduce((sum, life) => sum + life.jobs.length, 0);
    this.closed = true;
    for (const life of this.living) life.end(['shutdown'], this.now);
  }
}
