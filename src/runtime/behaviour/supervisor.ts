import type { AnyActorLogic, EventObject, Snapshot, SnapshotFrom } from 'xstate';
import { BehaviourDownError } from '../../errors.ts';
import { jittered } from '../../identity/randomness.ts';
import { BehaviourActor, type BehaviourHears } from '../../xstate/behaviour-actor.ts';
import { assertLetIn } from '../../xstate/behaviour-events.ts';
import { flush, settled } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import { end } from '../lifecycle/lifecycle.ts';
import { tell } from '../plane/plane.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Session } from '../session.ts';
import type { BehaviourStatus, BehaviourView } from './behaviour.ts';
import type { CheckedBehaviour } from './behaviour-options.ts';
import { type Viewed, ViewOfBehaviour } from './behaviour-view.ts';
import { type Checkpoint, newCheckpoint, restored } from './checkpoint.ts';
import { Emissions } from './emissions.ts';
import { type NextStep, RestartCount } from './restart-plan.ts';
import { beginRestartWait } from './restart-wait.ts';
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
  readonly #input: unknown;
  readonly #session: Session;
  readonly #count: RestartCount;
  readonly #emissions: Emissions;
  incarnation = 0;
  status: BehaviourStatus = 'starting';
  snapshot: Seen = { status: 'active', output: undefined, error: undefined };
  listeners: Set<(snapshot: Seen) => void> | null = null;
  /** The incarnation that runs, or has come to its end in order. One that failed is not it any more. */
  #actor: BehaviourActor | null = null;
  #startedAt = 0;
  #startedFrom: 'snapshot' | 'input' = 'input';
  /** Where a restart starts from; `null`: from the input. */
  #committed: Checkpoint | null = null;
  /** Checkpoints of incarnations before this one are not started from any more. */
  #leastIncarnation = 1;
  #pending: { cancel(): void } | null = null;
  /** Whether it has had a snapshot yet. */
  #heard = false;
  #toldUnkept = false;
  #toldStray = false;

  constructor(
    context: RuntimeContext,
    host: SessionHost,
    behaviour: CheckedBehaviour,
    input: unknown,
  ) {
    this.#context = context;
    this.#host = host;
    this.#behaviour = behaviour;
    this.#input = input;
    this.#session = context.reference(host);
    this.#count = new RestartCount(behaviour.plan);
    this.#emissions = new Emissions(context, host);
  }

  get name(): string {
    return this.#behaviour.name;
  }

  get view(): BehaviourView {
    return new ViewOfBehaviour(this);
  }

  start(): void {
    if (this.status === 'starting') this.#begin();
  }

  checkpoint(): Checkpoint | null {
    this.#emissions.attemptBegins();
    const actor = this.#actor;
    if (actor === null) return this.#committed;
    try {
      return newCheckpoint(this.incarnation, actor.getPersistedSnapshot(), this.#session);
    } catch (error) {
      this.#tellUnkept(error);
      return null;
    }
  }

  committed(checkpoint: Checkpoint | null): void {
    this.#emissions.recorded();
    if (checkpoint === null || checkpoint.incarnation >= this.#leastIncarnation) {
      this.#committed = checkpoint;
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
    this.#pending?.cancel();
    this.#pending = null;
    if (this.status !== 'failed' && this.status !== 'done') this.status = 'stopped';
    this.listeners = null;
    const actor = this.#actor;
    this.#actor = null;
    actor?.stop();
  }

  /** Starts the next incarnation. However it fails, that is an incarnation that failed. */
  #begin(): void {
    this.incarnation += 1;
    this.#startedAt = this.#context.clock.mono();
    this.#startedFrom = this.#committed === null ? 'input' : 'snapshot';
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
        this.snapshot = { status: 'error', output: undefined, error };
        this.#failed(error);
      };
    }
    started = true;
    if (this.incarnation > 1) {
      this.#context.counters.restarts += 1;
      const { incarnation } = this;
      tell(this.#context, this.#host, { type: 'session.restarted', incarnation }, false);
    }
    (early as (() => void) | null)?.();
  }

  #newActor(inTurn: (deal: () => void) => void): BehaviourActor {
    const { logic, input } = this.#behaviour;
    const session = this.#session;
    const given = { session, input: this.#input };
    const from = this.#committed;
    // What comes from an incarnation that is not the running one is dropped.
    const mine = (deal: () => void): void => {
      if (this.#actor === actor && this.status === 'running') deal();
    };
    const hears: BehaviourHears = {
      snapshot: (snapshot) => mine(() => this.#changed(snapshot)),
      emitted: (event) => mine(() => this.#emitted(event)),
      stray: (event) => mine(() => this.#tellStray(event)),
      done: (output) => inTurn(() => mine(() => this.#done(output))),
      failed: (error) =>
        inTurn(() =>
          mine(() => {
            this.snapshot = actor.getSnapshot();
            this.#failed(error);
          }),
        ),
      stopped: () => inTurn(() => mine(() => this.stop())),
    };
    const start =
      from === null
        ? { input: input(given) }
        : { snapshot: restored(from, session) as Snapshot<unknown> }; // It was one when it was kept.
    const actor = new BehaviourActor(this.#host.actor, logic, start, hears);
    return actor;
  }

  #changed(snapshot: Seen): void {
    const changed = snapshot !== this.snapshot;
    this.snapshot = snapshot;
    const emitted = this.#emissions.join();
    if (!changed && !emitted) return;
    // How it starts is known without a record; its end is recorded with what is told of it.
    const first = !this.#heard;
    this.#heard = true;
    if (snapshot?.status === 'active' && (emitted || !first)) this.#record();
    if (changed) this.#show(snapshot);
  }

  #show(snapshot: Seen): void {
    for (const listener of this.listeners ?? []) {
      try {
        listener(snapshot);
      } catch (error) {
        reportError(this.#context, this.#host, 'a listener of the behaviour', error);
      }
    }
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
    const next = this.#count.done();
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

  #failed(error: unknown): void {
    const livedMs = this.#context.clock.mono() - this.#startedAt;
    const next = this.#count.failed(livedMs, this.#startedFrom);
    this.#actor = null;
    this.#emissions.failed();
    this.status = 'failed';
    const again = next.step === 'restart' && !this.#context.draining;
    const restartInMs = again ? this.#restartAfter(next) : null;
    const { incarnation } = this;
    const event = { type: 'session.behaviour-failed', incarnation, error, restartInMs } as const;
    tell(this.#context, this.#host, event, false);
    reportError(this.#context, this.#host, 'behaviour', error);
    if (next.step !== 'give-up' || this.#host.reason !== null) return;
    end(this.#context, this.#host, { type: 'session.terminate', reason: 'crashed' });
  }

  /** Waits and starts the next incarnation. Returns how long, ms. */
  #restartAfter(next: Extract<NextStep, { step: 'restart' }>): number {
    const waitMs = jittered(next.waitMs);
    this.status = 'restarting';
    const { committing } = this.#host;
    // A commit under way may carry what the last incarnation came to: where it starts from is known after it.
    const undecided = committing && next.from === 'snapshot';
    const known = undecided ? settled(this.#context, this.#host).catch(() => undefined) : null;
    const wait = beginRestartWait(this.#context, this.#host, waitMs, known, () => {
      this.#pending = null;
      if (next.from === 'input') {
        this.#committed = null;
        this.#leastIncarnation = this.incarnation + 1;
      }
      this.#begin();
    });
    this.#pending = wait;
    return waitMs;
  }

  #tellUnkept(error: unknown): void {
    if (this.#toldUnkept) return;
    this.#toldUnkept = true;
    reportError(this.#context, this.#host, 'behaviour', unkept(this.name, error));
  }

  #tellStray(event: EventObject): void {
    if (this.#toldStray) return;
    this.#toldStray = true;
    reportError(this.#context, this.#host, 'behaviour', strayed(this.name, event));
  }
}

const unkept = (name: string, cause: unknown): Error =>
  new Error(
    `The snapshot of the behaviour "${name}" cannot be kept: it would be restarted from its input.`,
    { cause },
  );

const strayed = (name: string, { type }: EventObject): Error =>
  new Error(
    `The behaviour "${name}" sent its session an event (${JSON.stringify(type)}), which was dropped: use emit.`,
  );
