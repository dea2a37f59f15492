import type { Envelope } from '../../store/envelope/envelope.ts';
import type { BehaviourActor, BehaviourStart } from '../../xstate/behaviour-actor.ts';
import { wallOf } from '../residency/stored-due.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Session } from '../session.ts';
import type { CheckedBehaviour } from './behaviour-options.ts';
import { type Checkpoint, newCheckpoint, restored } from './checkpoint.ts';
import { type KeptCheckpoint, keptCheckpoint, revivedCheckpoint } from './kept-behaviour.ts';
import { type NextStep, RestartCount } from './restart-plan.ts';

/**
 * What is left of a behaviour when its actor is gone, be it for a restart, a hibernation or a crash: its input, what was
 * recorded of it last, and how often it failed.
 */
export class Persistence {
  readonly #context: RuntimeContext;
  readonly #session: Session;
  readonly #behaviour: CheckedBehaviour;
  readonly #unkept: (error: unknown) => void;
  #input: unknown;
  #count: RestartCount;
  #incarnation = 0;
  /** Where the next start goes on from; `null`: it begins from the input. */
  #recorded: Checkpoint | null = null;
  /** Checkpoints of incarnations before this one are not gone on from any more. */
  #leastIncarnation = 1;
  /** The next start is from the input, whatever was recorded. */
  #anew = false;
  /** One whose restart is due, in this process or in another, still counts as running. */
  #status: Envelope['status'] = 'running';
  /** What is stored of it, while it is; `null`: it is not. */
  #stored: Envelope | null = null;

  /** `unkept` hears why there is no checkpoint of an actor. */
  constructor(
    context: RuntimeContext,
    session: Session,
    behaviour: CheckedBehaviour,
    input: unknown,
    unkept: (error: unknown) => void,
  ) {
    this.#context = context;
    this.#session = session;
    this.#behaviour = behaviour;
    this.#input = input;
    this.#unkept = unkept;
    this.#count = new RestartCount(behaviour.plan);
  }

  get input(): unknown {
    return this.#input;
  }

  /** 1 for the first start, +1 at each restart; 0 before. */
  get incarnation(): number {
    return this.#incarnation;
  }

  get status(): Envelope['status'] {
    return this.#status;
  }

  /** What to go on from, a copy; `null`: it begins from its input. */
  get start(): Exclude<BehaviourStart, { input: unknown }> | null {
    return this.#recorded === null ? null : restored(this.#recorded, this.#session);
  }

  /** What a commit is to carry; `null`: nothing to go on from. `actor`: the one in hand. */
  checkpoint(actor: BehaviourActor | null): Checkpoint | null {
    if (this.#anew) return null;
    return actor === null ? this.#recorded : this.#copy(actor);
  }

  /** A commit has carried it. */
  recorded(checkpoint: Checkpoint | null): void {
    if (checkpoint === this.#recorded) return;
    if (checkpoint !== null && checkpoint.incarnation < this.#leastIncarnation) return;
    this.#recorded = checkpoint;
    // The commit was under way when it was put away: the next one must not go back behind it.
    if (this.#stored !== null) this.#stored = { ...this.#stored, ...this.#keptAs(checkpoint) };
  }

  /** The next incarnation begins. */
  begin(): void {
    if (this.#anew) {
      // What those before it came to is left behind, however late it is recorded.
      this.#recorded = null;
      this.#leastIncarnation = this.#incarnation + 1;
    }
    this.#anew = false;
    this.#incarnation += 1;
  }

  /** The incarnation in hand failed, so long after its start: what follows? */
  failed(livedMs: number, startedFrom: 'snapshot' | 'input'): NextStep {
    return this.#ended('failed', this.#count.failed(livedMs, startedFrom));
  }

  /** The incarnation in hand is done: what follows? */
  done(): NextStep {
    return this.#ended('done', this.#count.done());
  }

  #ended(as: 'failed' | 'done', next: NextStep): NextStep {
    const restart = next.step === 'restart';
    this.#anew = restart && next.from === 'input';
    if (!restart) this.#status = as;
    return next;
  }

  keep(checkpoint: Checkpoint | null): Envelope {
    if (this.#stored !== null) return this.#stored;
    const { machineId, version } = this.#behaviour;
    return {
      machineId,
      machineVersion: version,
      incarnation: this.#incarnation,
      savedAt: Math.ceil(this.#context.clock.wall()),
      input: this.#input,
      status: this.#status,
      failures: this.#count.kept,
      ...this.#keptAs(checkpoint),
    };
  }

  #keptAs(checkpoint: Checkpoint | null): KeptCheckpoint {
    return keptCheckpoint(this.#context.clock, checkpoint);
  }

  /** It is stored from now on; `kept`: as this, by another process perhaps. */
  store(kept: Envelope = this.keep(this.checkpoint(null))): void {
    const anew = this.#anew;
    this.resume(kept);
    this.#stored = kept;
    // What it came to is left behind, also where a commit under way carries it.
    if (anew) this.#leastIncarnation = this.#incarnation + 1;
  }

  /** It goes on from what was stored. */
  resume(kept: Envelope): void {
    const { input, incarnation, status, failures } = kept;
    this.#stored = null;
    this.#anew = false;
    this.#input = input;
    this.#incarnation = Math.max(1, incarnation);
    this.#leastIncarnation = this.#incarnation;
    this.#status = status;
    this.#count = new RestartCount(this.#behaviour.plan, failures);
    this.#recorded = revivedCheckpoint(this.#context.clock, this.#incarnation, kept);
  }

  /** Why an actor cannot be put away; `null`: it can. */
  busyWith(actor: BehaviourActor): string | null {
    const held = actor.heldWork();
    if (held !== null) return held;
    // Asked anew each time: what is under it may have moved without its knowing.
    return this.#copy(actor) === null ? 'its snapshot cannot be kept' : null;
  }

  /** Wall time of the next delayed event of an actor, or of the stored one; `null`: none. */
  nextDelayAt(actor: BehaviourActor | null): number | null {
    // One that is over goes on with nothing.
    if (this.#status !== 'running') return null;
    if (this.#stored !== null) {
      const first = this.#stored.checkpoint === null ? undefined : this.#stored.timers[0];
      return first === undefined ? null : Math.ceil(first.at);
    }
    const next = actor === null ? undefined : this.#try(() => actor.pendingDelays())?.[0];
    return next === undefined ? null : wallOf(this.#context, next.due);
  }

  #copy(actor: BehaviourActor): Checkpoint | null {
    return this.#try(() => {
      const persisted = actor.getPersistedSnapshot();
      return newCheckpoint(this.#incarnation, persisted, this.#session, actor.pendingDelays());
    });
  }

  #try<T>(copy: () => T): T | null {
    try {
      return copy();
    } catch (error) {
      this.#unkept(error);
      return null;
    }
  }
}
