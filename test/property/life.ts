import { Child } from './child.ts';
import {
  DEADLINES,
  FRESH_MS,
  GRACE_MS,
  type Reason,
  type State,
  TABLE,
  WINDOW_MS,
} from './numbers.ts';

/** The moment at which a session is looked at. */
export interface Moment {
  readonly mono: number;
  readonly wall: number;
  /** Mono time at which the last gap ended. */
  readonly gapEnd: number;
  readonly draining: boolean;
}

/** Work in flight, as its caller knows it. */
export interface Job {
  readonly id: string;
  state: 'queued' | 'running';
}

/** What a session is born with. */
export interface Birth {
  readonly principal: string | null;
  readonly key: string | null;
  readonly beats: 'first' | 'required' | 'off';
  readonly child: boolean;
}

/** One session as sections 3 and 4 see it: a state, and the numbers its deadlines are computed from. */
export class Life {
  readonly principal: string | null;
  readonly key: string | null;
  readonly beats: 'first' | 'required' | 'off';
  readonly createdAt: number;
  state: State = 'active';
  /** Why it ended: each of these is right, where two fell due in one look. */
  reasons: readonly Reason[] = [];
  endedAt = 0;
  quietSince: number;
  lastSign: number;
  provenAt = Number.NEGATIVE_INFINITY;
  pausedAt = 0;
  watched: boolean;
  missed = 0;
  presences = 0;
  /** When work that outlives its session gets its signal, mono; `null`: the lifetime lasts. */
  graceEnd: number | null = null;
  /** When it became idle, mono: the longest idle one makes room first. */
  idleSince = 0;
  jobs: Job[] = [];
  /** Its behaviour; `null`: it has none. */
  readonly child: Child | null;
  messages: string[] = [];
  marks: number[] = [];
  /** Its tombstone is still there. */
  buried = false;
  gone = false;

  constructor(seed: Birth, now: Moment) {
    this.principal = seed.principal;
    this.key = seed.key;
    this.beats = seed.beats;
    this.createdAt = now.wall;
    this.quietSince = now.mono;
    this.lastSign = now.mono;
    this.watched = seed.beats === 'required';
    this.child = seed.child ? new Child(now.mono) : null;
  }

  get isOver(): boolean {
    return this.reasons.length > 0;
  }

  get expiresAt(): number {
    return this.createdAt + DEADLINES.maxLifetimeMs;
  }

  get inFlight(): number {
    // A pending restart counts as work.
    return this.jobs.length + (this.child?.status === 'restarting' && !this.isOver ? 1 : 0);
  }

  /** Goes where the table leads; whether it leads anywhere. */
  hear(event: string): boolean {
    const to = TABLE[this.state][event];
    if (to === undefined) return false;
    this.state = to;
    return true;
  }

  /** Proof of life: any sign of the client. */
  sign(now: Moment): void {
    this.lastSign = now.mono;
    this.missed = 0;
  }

  /** The client did something. */
  activity(now: Moment): void {
    this.sign(now);
    // Paused, it is a beat.
    if (this.state === 'paused') return;
    this.quietSince = now.mono;
    this.hear('activity');
  }

  beat(now: Moment): void {
    this.sign(now);
    if (this.presences > 0) this.provenAt = now.mono;
    if (this.beats !== 'off') this.watched = true;
  }

  resume(now: Moment): void {
    this.hear('resume');
    this.sign(now);
    this.quietSince = now.mono;
  }

  /** A job is over: the silence deadlines count from here. */
  finish(job: Job, now: Moment): void {
    this.jobs = this.jobs.filter((one) => one !== job);
    this.quietSince = now.mono;
  }

  end(reasons: readonly Reason[], now: Moment): void {
    this.hear('terminate');
    this.hear('cleaned');
    this.reasons = reasons;
    this.endedAt = now.wall;
    this.jobs = [];
    this.buried = true;
  }

  /**
   * What a look at its deadlines finds: the reasons that end it now, or none. On the way it becomes idle, and misses
   * beats. A deadline of silence due at T counts at max(T, end of the last gap + a fresh window).
   */
  look(now: Moment): readonly Reason[] {
    if (this.isOver) return [];
    const expired = now.wall >= this.expiresAt;
    if (!expired) this.graceEnd = null;
    const onWall = (at: number): number => now.mono + (at - now.wall);
    const honoured = (since: number, lengthMs: number): number =>
      Math.max(since + lengthMs, now.gapEnd + Math.min(lengthMs, FRESH_MS));
    const lifetimeAt = onWall(this.expiresAt);

    const ends: { at: number; reason: Reason }[] = [{ at: lifetimeAt, reason: 'max-lifetime' }];
    if (this.state === 'paused') {
      const at = onWall(this.pausedAt + DEADLINES.pausedTimeoutMs);
      ends.push({ at, reason: 'paused-timeout' });
    } else if (!now.draining && this.inFlight === 0) {
      const quiet = Math.max(this.quietSince, this.provenAt);
      ends.push({ at: honoured(quiet, DEADLINES.idleTimeoutMs), reason: 'idle-timeout' });
      const sign = Math.max(this.lastSign, this.quietSince);
      if (this.watched) ends.push({ at: honoured(sign, WINDOW_MS), reason: 'heartbeat-lost' });
    }
    const firstEnd = Math.min(...ends.map(({ at }) => at));

    if (!now.draining && this.state !== 'paused') {
      const quietAt = honoured(this.quietSince, DEADLINES.idleAfterMs);
      if (this.inFlight === 0 && quietAt <= now.mono && this.state === 'active') {
        this.hear('quiet');
        this.idleSince = now.mono;
      }
      while (this.watched && this.missed + 1 < DEADLINES.heartbeatMissed) {
        const at = honoured(this.lastSign, (this.missed + 1) * DEADLINES.heartbeatIntervalMs);
        if (at > now.mono || at >= firstEnd) break;
        this.missed += 1;
      }
    }
    // At the end of its lifetime work has a grace, and while that lasts nothing else ends the session.
    if (expired && this.inFlight > 0) {
      const before = ends.filter(({ at }) => at < lifetimeAt);
      if (before.length > 0) return reasonsOf(before, now.mono);
      this.graceEnd ??= now.mono + GRACE_MS;
      return this.graceEnd <= now.mono ? ['max-lifetime'] : [];
    }
    return reasonsOf(ends, now.mono);
  }
}

const reasonsOf = (ends: readonly { at: number; reason: Reason }[], upTo: number): Reason[] =>
  ends.filter(({ at }) => at <= upTo).map(({ reason }) => reason);
