import type { AnyActorLogic, EventObject, SnapshotFrom } from 'xstate';
import { BehaviourDownError } from '../../errors.ts';
import type { Envelope } from '../../store/envelope/envelope.ts';
import { BehaviourActor, type BehaviourHears } from '../../xstate/behaviour-actor.ts';
import { assertLetIn, type RestoredFrom } from '../../xstate/behaviour-events.ts';
import { flush } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { end } from '../lifecycle/lifecycle.ts';
import { tell } from '../plane/plane.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Session } from '../session.ts';
import type { BehaviourStatus, BehaviourView } from './behaviour.ts';
import type { CheckedBehaviour } from './behaviour-options.ts';
import { BehaviourReports } from './behaviour-reports.ts';
import { tellAll, type Viewed, ViewOfBehaviour } from './behaviour-view.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Emissions } from './emissions.ts';
import { Persistence } from './persistence.ts';
import type { Restart } from './restart-plan.ts';
import { beginRestartWait } from './restart-wait.ts';
import { snapshotAtRest } from './snapshot-at-rest.ts';
import type { Supervised } from './supervision.ts';

type Seen = SnapshotFrom<AnyActorLogic>;

/**
 * Starts a session's behaviour, hears what becomes of it, and starts it again as its plan says. Only the incarnation in
 * hand is listened to; what an earlier one still says is dropped.
 */
export class Supervisor implements Supervised, Viewed {
  readonly #context: RuntimeContext;
  readonly #host: SessionHost;
  readonly #behaviour: CheckedBehaviour;
  readonly #session: Session;
  readonly #persistence: Persistence;
  readonly #emissions: Emissions;
  readonly #reports: BehaviourReports;
  status: BehaviourStatus = 'starting';
  listeners: Set<(snapshot: Seen) => void> | null = null;
  /** `null`: made when somebody asks for it. */
  #snapshot: Seen | null = null;
  /** The incarnation that runs, or has come to its end in order. One that failed is not it any more. */
  #actor: BehaviourActor | null = null;
  #startedAt = 0;
  #startedFrom: 'snapshot' | 'input' = 'input';
  #pending: { cancel(): void } | null = null;
  /** Whether it has had a snapshot yet. */
  #heard = false;

  constructor(
    context: RuntimeContext,
    host: SessionHost,
    behaviour: CheckedBehaviour,
    input: unknown,
  ) {
    const { name } = behaviour;
    this.#context = context;
    this.#host = host;
    this.#behaviour = behaviour;
    this.#session = context.reference(host);
    this.#emissions = new Emissions(context, host);
    const reports = new BehaviourReports(context, host, name);
    this.#reports = reports;
    this.#persistence = new Persistence(context, this.#session, behaviour, input, (error) =>
      reports.unkept(error),
    );
  }

  get name(): string {
    return this.#behaviour.name;
  }

  get incarnation(): number {
    return this.#persistence.incarnation;
  }

  get snapshot(): Seen {
    this.#snapshot ??= snapshotAtRest(this.#context, this.#behaviour.logic, this.#persistence);
    return this.#snapshot;
  }

  get view(): BehaviourView {
    return new ViewOfBehaviour(this);
  }

  get watched(): boolean {
    return this.listeners !== null;
  }

  reviewed(): void {
    this.#context.away.review(this.#host);
  }

  get busyWith(): string | null {
    const { status } = this;
    if (status === 'failed') return null;
    if (status !== 'running' && status !== 'done') return `it is ${status}`;
    return this.#actor === null ? null : this.#persistence.busyWith(this.#actor);
  }

  start(): void {
    if (this.status !== 'starting') return;
    this.#persistence.begin();
    this.#run('failure');
  }

  checkpoint(): Checkpoint | null {
    this.#emissions.attemptBegins();
    return this.#persistence.checkpoint(this.#actor);
  }

  committed(checkpoint: Checkpoint | null): void {
    this.#emissions.recorded();
    this.#persistence.recorded(checkpoint);
  }

  keep(checkpoint: Checkpoint | null): Envelope {
    return this.#persistence.keep(checkpoint);
  }

  nextDelayAt(): number | null {
    return this.#persistence.nextDelayAt(this.#actor);
  }

  putAway(kept?: Envelope): void {
    if (this.status === 'stopped') return;
    this.#persistence.store(kept);
    this.#emissions.failed();
    this.status = 'stored';
    this.#stopActor();
    // It holds the actors that were under it.
    if (this.#persistence.status === 'running') this.#snapshot = null;
  }

  resume(kept: Envelope, from: 'hibernation' | 'crash'): void {
    if (this.status !== 'stored' && this.status !== 'starting') return;
    this.#persistence.resume(kept);
    if (kept.status === 'running') {
      this.#heard = false;
      this.#run(from);
    } else {
      this.status = kept.status;
    }
  }

  assertTakes(event: { readonly type: string }): void {
    assertLetIn(event, this.#behaviour.events);
    if (this.status !== 'running') throw new BehaviourDownError(event, this.status);
  }

  send(event: { readonly type: string }): void {
    this.assertTakes(event);
    this.#actor?.send(event);
  }

  stop(): void {
    if (this.status !== 'failed' && this.status !== 'done') this.status = 'stopped';
    this.listeners = null;
    this.#stopActor();
  }

  #stopActor(): void {
    this.#pending?.cancel();
    this.#pending = null;
    const actor = this.#actor;
    this.#actor = null;
    actor?.stop();
  }

  /** Starts the incarnation in hand. However it fails, that is an incarnation that failed. */
  #run(restored: RestoredFrom): void {
    this.#startedAt = this.#context.clock.mono();
    // What becomes of it while it starts is dealt with when it is known to have started.
    let early: (() => void) | null = null;
    let started = false;
    const inTurn = (deal: () => void): void => {
      if (started) deal();
      else early = deal;
    };
    try {
      const actor = this.#newActor(inTurn);
      this.#actor = actor;
      this.status = 'running';
      actor.start();
    } catch (error) {
      early = () => {
        if (this.status === 'stopped') return;
        this.#failed(error, { status: 'error', output: undefined, error });
      };
    }
    started = true;
    const { incarnation } = this;
    if (restored === 'failure' && incarnation > 1) {
      this.#context.counters.restarts += 1;
      tell(this.#context, this.#host, { type: 'session.restarted', incarnation }, false);
    }
    (early as (() => void) | null)?.();
    // How it starts is known without a record, but a later process is to wake its session for its first delay.
    const { durable } = this.#context.store;
    if (durable && this.#startedFrom === 'input' && this.nextDelayAt() !== null) this.#record();
    if (this.status === 'running' && this.#startedFrom === 'snapshot') {
      this.#actor?.tellRestored(restored);
    }
  }

  #newActor(inTurn: (deal: () => void) => void): BehaviourActor {
    const { logic, input } = this.#behaviour;
    const { start: from, input: given } = this.#persistence;
    this.#startedFrom = from === null ? 'input' : 'snapshot';
    // What comes from an incarnation that is not the running one is dropped.
    const mine = (deal: () => void): void => {
      if (this.#actor === actor && this.status === 'running') deal();
    };
    const hears: BehaviourHears = {
      snapshot: (snapshot) => mine(() => this.#changed(snapshot)),
      emitted: (event) => mine(() => this.#emitted(event)),
      stray: (event) => mine(() => this.#reports.stray(event)),
      done: (output) => inTurn(() => mine(() => this.#done(output))),
      failed: (error) => inTurn(() => mine(() => this.#failed(error, actor.getSnapshot()))),
      stopped: () => inTurn(() => mine(() => this.stop())),
    };
    const start = from ?? { input: input({ session: this.#session, input: given }) };
    const actor = new BehaviourActor(this.#host.actor, logic, start, hears);
    return actor;
  }

  #changed(snapshot: Seen): void {
    const changed = snapshot !== this.#snapshot;
    this.#snapshot = snapshot;
    const emitted = this.#emissions.join();
    if (!changed && !emitted) return;
    // How it starts is known without a record; its end is recorded with what is told of it.
    const first = !this.#heard;
    this.#heard = true;
    if (snapshot?.status === 'active' && (emitted || !first)) this.#record();
    if (!changed) return;
    tellAll(this, (error) => {
      reportError(this.#context, this.#host, 'a listener of the behaviour', error);
    });
  }

  #emitted(event: EventObject): void {
    if (!this.#emissions.add(event)) return;
    // Emitted outside a transition, no snapshot follows.
    const actor = this.#actor;
    void Promise.resolve().then(() => {
      if (this.#actor === actor && this.#emissions.join()) this.#record();
    });
  }

  #record(): void {
    this.#host.dirty = true;
    void flush(this.#context, this.#host);
  }

  #done(output: unknown): void {
    const next = this.#persistence.done();
    // A runtime that drains starts nothing again.
    if (next.step === 'restart' && !this.#context.draining) {
      this.#restartAfter(next);
    } else {
      this.status = 'done';
      const event = { type: 'session.behaviour-done', output } as const;
      tell(this.#context, this.#host, event, true);
    }
    this.#record();
  }

  #failed(error: unknown, snapshot: Seen): void {
    const livedMs = this.#context.clock.mono() - this.#startedAt;
    const next = this.#persistence.failed(livedMs, this.#startedFrom);
    this.#actor = null;
    this.#snapshot = snapshot;
    this.#emissions.failed();
    this.status = 'failed';
    const again = next.step === 'restart' && !this.#context.draining;
    const restartInMs = again ? this.#restartAfter(next) : null;
    const { incarnation } = this;
    const event = { type: 'session.behaviour-failed', incarnation, error, restartInMs } as const;
    tell(this.#context, this.#host, event, false);
    reportError(this.#context, this.#host, 'behaviour', error);
    // Another process must not start it again.
    if (next.step === 'leave') this.#record();
    if (next.step !== 'give-up' || this.#host.reason !== null) return;
    end(this.#context, this.#host, { type: 'session.terminate', reason: 'crashed' });
  }

  /** Waits and starts the next incarnation. Returns how long, ms. */
  #restartAfter(next: Restart): number {
    this.status = 'restarting';
    const wait = beginRestartWait(this.#context, this.#host, next, () => {
      this.#pending = null;
      this.#persistence.begin();
      this.#run('failure');
    });
    this.#pending = wait;
    return wait.waitMs;
  }
}
