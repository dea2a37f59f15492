import type { EndReason } from '../../machines/index.ts';
import { hold } from './broken.ts';
import { KnownOperations } from './known-operations.ts';
import { KnownWrites } from './known-writes.ts';
import { type Ask, type Found, TOMBSTONE_MS } from './protocol.ts';

type Create = Extract<Ask, { verb: 'create' }>;

/** Paused or not, as far as it can be said. */
type Course = 'paused' | 'running';

/** What is known of one session from what was asked and acknowledged: what may be found of it, and what must be. */
export class KnownSession {
  readonly tag: string;
  readonly principal: string | null;
  readonly key: string | null;
  readonly idempotencyKey: string | null;
  readonly writes: KnownWrites;
  readonly operations: KnownOperations;
  /** `null`: nobody was told yet. */
  id: string | null;
  readonly oldIds: string[] = [];
  /** `asked`: it may be there or not. `never`: it was not, and so never will. */
  existence: 'asked' | 'there' | 'never' | 'gone' = 'asked';
  /** It was given to its caller, or found in order: it does not end for want of a beginning. */
  #ready = false;
  readonly #askedAt: number;
  /** Reasons that somebody asked to end it for and may still get, and when the first did. */
  readonly #reasons = new Set<EndReason>();
  #endAskedAt: number | null = null;
  #decided: EndReason | null = null;
  /** Its tombstone was seen, or its end acknowledged. */
  ended: EndReason | null = null;
  #cleanups = 0;
  #terminations = 0;
  #rotating = 0;
  #courses = new Set<Course>(['running']);
  #changing = 0;
  #overlapped = false;

  constructor({ tag, id, principal, key, idempotencyKey }: Create, at: number) {
    this.tag = tag;
    this.id = id;
    this.principal = principal;
    this.key = key;
    this.idempotencyKey = idempotencyKey;
    this.#askedAt = at;
    this.writes = new KnownWrites(tag);
    this.operations = new KnownOperations(tag);
  }

  /** Whether it may have ended by now. */
  get mayHaveEnded(): boolean {
    return this.existence !== 'there' || this.ended !== null || this.#endAskedAt !== null;
  }

  /** It was given to a caller under this id. */
  given(id: string): void {
    hold('ended', this.ended === null, () => `${this.tag} was given out after its end.`);
    this.existence = 'there';
    this.#ready = true;
    if (this.id === null) this.id = id;
    const isKnown = id === this.id || this.#rotating > 0;
    hold('ids', isKnown, () => `${this.tag} was ${this.id} and is given out as ${id}.`);
  }

  /** It is being made, under this id. */
  initializing(id: string): void {
    this.id ??= id;
    hold('ids', this.id === id, () => `${this.tag} is made as ${id}, not as ${this.id}.`);
  }

  endAsked(reason: EndReason, at: number): void {
    this.#endAskedAt ??= at;
    this.#reasons.add(reason);
  }

  endAcknowledged(reason: EndReason): void {
    this.#over(reason);
    const { tag } = this;
    hold('cleanup', this.#cleanups > 0, () => `${tag} ended without cleanup.`);
    hold('cleanup', this.#terminations > 0, () => `${tag} ended without onTerminated.`);
  }

  cleaned(reason: EndReason): void {
    const { tag, ended } = this;
    hold('cleanup', ended === null, () => `${tag} is cleaned up again after its end.`);
    this.#decide(reason);
    this.#cleanups += 1;
  }

  terminated(reason: EndReason): void {
    const { tag, ended } = this;
    hold('cleanup', ended === null, () => `onTerminated of ${tag} again after its end.`);
    hold('cleanup', this.#cleanups > 0, () => `onTerminated of ${tag} before its cleanup.`);
    this.#decide(reason);
    this.#terminations += 1;
  }

  rotationAsked(): void {
    this.#rotating += 1;
  }

  rotationAnswered(id: string | null): void {
    this.#rotating -= 1;
    if (id !== null) this.#rename(id);
  }

  courseAsked(course: Course): void {
    if (this.#changing > 0) this.#overlapped = true;
    this.#changing += 1;
    this.#courses.add(course);
  }

  courseAnswered(course: Course | null): void {
    this.#changing -= 1;
    if (course !== null && !this.#overlapped) this.#courses = new Set([course]);
    if (this.#changing === 0) this.#overlapped = false;
  }

  /** Its process is gone: what was asked and not answered is done by now, or never. */
  processGone(): void {
    this.#changing = 0;
    this.#overlapped = false;
    this.operations.processGone();
  }

  /** A new process did not find it. */
  missing(at: number): void {
    const { tag, existence } = this;
    if (existence === 'asked') this.existence = 'never';
    if (existence !== 'there') return;
    const mayBeGone = this.#endAskedAt !== null && at >= this.#endAskedAt + TOMBSTONE_MS;
    hold('lost', mayBeGone, () => `${tag} is not there${this.#endOf()}.`);
    const wasDone = this.#cleanups > 0 && this.#terminations > 0;
    hold('cleanup', wasDone, () => `${tag} is gone without cleanup or onTerminated.`);
    this.existence = 'gone';
  }

  /** A new process found it so. What it found is as good as acknowledged: it was read from the disk. */
  found(found: Found): void {
    const { tag } = this;
    const isBack = this.existence === 'never' || this.existence === 'gone';
    hold('returned', !isBack, () => `${tag} is ${found.state}, and was not there before.`);
    const same = found.principal === this.principal && found.key === this.key;
    hold('unasked', same, () => `${tag} is ${found.principal}'s, key ${found.key}.`);
    this.existence = 'there';
    this.#foundId(found.id);
    this.#foundState(found);
    this.writes.found(found);
    this.operations.found(found);
  }

  #foundId(id: string): void {
    this.id ??= id;
    if (id !== this.id) {
      const mayBe = this.#rotating > 0 && !this.oldIds.includes(id);
      hold('ids', mayBe, () => `${this.tag} is ${id}, and was ${this.id}.`);
      this.#rename(id);
    }
    this.#rotating = 0;
  }

  #foundState({ state, reason }: Found): void {
    const { tag } = this;
    switch (state) {
      case 'terminated':
        hold('ended', reason !== null, () => `${tag} ended for no reason.`);
        if (reason !== null) this.endAcknowledged(reason);
        return;
      case 'terminating':
        hold('ended', this.ended === null, () => `${tag} is ending again${this.#endOf()}.`);
        if (reason !== null) this.#decide(reason);
        return;
      case 'initializing':
        hold('lost', !this.#ready, () => `${tag} is found half made, and was given out before.`);
        this.#mayFailToBegin();
        return;
      default:
        this.#foundAlive(state === 'paused' ? 'paused' : 'running');
    }
  }

  #foundAlive(course: Course): void {
    const { tag } = this;
    hold('ended', this.ended === null, () => `${tag} is alive again${this.#endOf()}.`);
    hold('decided', this.#decided === null, () => `${tag} is alive again${this.#endOf()}.`);
    const mayBe = this.#courses.has(course);
    hold('paused', mayBe, () => `${tag} is ${course}, not ${[...this.#courses].join(' or ')}.`);
    this.#courses = new Set([course]);
    this.#ready = true;
    // Whoever asked for its end was not heard in time.
    this.#reasons.clear();
    this.#endAskedAt = null;
  }

  #decide(reason: EndReason): void {
    const { tag } = this;
    if (!this.#ready) this.#mayFailToBegin();
    const mayBe = this.#decided === null ? this.#reasons.has(reason) : this.#decided === reason;
    hold('decided', mayBe, () => `${tag} ends with ${reason}${this.#endOf()}.`);
    this.#decided = reason;
  }

  #over(reason: EndReason): void {
    const { tag, ended } = this;
    hold('ended', ended === null || ended === reason, () => `${tag}: ${reason}${this.#endOf()}.`);
    this.existence = 'there';
    this.#decide(reason);
    this.ended = reason;
  }

  /** Its process died, drained, or was not able to make it ready. */
  #mayFailToBegin(): void {
    this.#endAskedAt ??= this.#askedAt;
    this.#reasons.add('init-failed');
    this.#reasons.add('shutdown');
  }

  #rename(id: string): void {
    if (this.id !== null && this.id !== id) this.oldIds.push(this.id);
    this.id = id;
  }

  #endOf(): string {
    if (this.ended !== null) return `, though it ended with ${this.ended}`;
    if (this.#decided !== null) return `, though its end with ${this.#decided} was decided`;
    const reasons = [...this.#reasons].join(' or ');
    return reasons === '' ? ', and nobody asked for its end' : `, though asked to end: ${reasons}`;
  }
}
