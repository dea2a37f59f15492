import type { AnyActorLogic, SnapshotFrom } from 'xstate';
import { HoldfastError, InvalidOptionError } from '../../errors.ts';
import { type Checkpoint, newCheckpoint, restored } from '../../runtime/behaviour/checkpoint.ts';
import type { Session } from '../../runtime/session.ts';
import { createVirtualClock, type VirtualClock } from '../../time/virtual-clock.ts';
import { LoneBehaviour, type StepListener } from '../../xstate/lone-behaviour.ts';
import { TRANSITIONS_AT_ONCE } from '../../xstate/unrest.ts';
import { FoundProblem } from './machine-problem.ts';
import { isWait, type MachineStep } from './step.ts';
import { type MachineSource, machineOn } from './subject.ts';

/** More events at one moment than any machine needs that comes to rest. */
const ACTIONS_AT_ONCE = 250;

/** A machine that runs on a clock of its own, step by step. */
export class Life {
  readonly clock: VirtualClock = createVirtualClock({ maxActions: ACTIONS_AT_ONCE });
  readonly #source: MachineSource<AnyActorLogic>;
  readonly #session: Session;
  #logic: AnyActorLogic;
  #behaviour: LoneBehaviour;

  constructor(source: MachineSource<AnyActorLogic>, input: unknown, onStep?: StepListener) {
    this.#source = source;
    this.#session = sessionIn(input);
    this.#logic = machineOn(source, this.clock);
    this.#behaviour = new LoneBehaviour(this.#logic, this.clock, { input }, onStep);
  }

  get logic(): AnyActorLogic {
    return this.#logic;
  }

  get snapshot(): SnapshotFrom<AnyActorLogic> {
    return this.#behaviour.getSnapshot();
  }

  get isActive(): boolean {
    return this.snapshot.status === 'active';
  }

  /**
   * What runs of it that is a promise, a callback or the like, in words; `null`: nothing. Restored, that would begin
   * anew, so it is not restored meanwhile.
   */
  get heldWork(): string | null {
    return this.#behaviour.heldWork();
  }

  /** Starts it. Throws `FoundProblem` where it never comes to rest, as `perform` does. */
  async begin(): Promise<void> {
    this.#behaviour.start();
    await this.#pass(0);
  }

  /** Makes one step. */
  async perform(step: MachineStep): Promise<void> {
    if (isWait(step)) return this.#pass(step.wait);
    this.#behaviour.send(step);
    await this.#pass(0);
  }

  /** What is stored of it. Throws `FoundProblem` where that cannot be all of it. */
  stored(): Checkpoint {
    try {
      const pending = this.#behaviour.pendingDelays();
      const snapshot = this.#behaviour.getPersistedSnapshot();
      return checkpointOf(snapshot, this.#session, pending);
    } catch (error) {
      if (error instanceof FoundProblem) throw error;
      throw new FoundProblem('not-restored', `It cannot be stored: ${String(error)}`, error);
    }
  }

  /** Stores it as JSON, stops it, and goes on with what was stored, at the same time. */
  async goOn(): Promise<void> {
    const checkpoint: Checkpoint = JSON.parse(JSON.stringify(this.stored()));
    this.#behaviour.stop();
    // As in another process: what a machine keeps beside its snapshot is gone.
    this.#logic = machineOn(this.#source, this.clock);
    const from = restored(checkpoint, this.#session);
    this.#behaviour = new LoneBehaviour(this.#logic, this.clock, from);
    this.#behaviour.start();
    await this.#pass(0);
  }

  /** Stops it, and everything under it. */
  end(): void {
    this.#behaviour.stop();
  }

  async #pass(ms: number): Promise<void> {
    try {
      await this.clock.advance(ms);
      this.#assertRest();
    } catch (error) {
      if (error instanceof FoundProblem) throw error;
      this.#assertRest();
      if (!(error instanceof HoldfastError)) {
        const sentence = `Something that waited on the clock threw: ${String(error)}`;
        throw new FoundProblem('threw', sentence, error);
      }
      const sentence = `It never comes to rest: ${ACTIONS_AT_ONCE} events at one moment, and more to come.`;
      throw new FoundProblem('restless', sentence, error);
    }
  }

  #assertRest(): void {
    const states = this.#behaviour.restlessIn();
    if (states === null) return;
    const sentence =
      `It never comes to rest: ${TRANSITIONS_AT_ONCE} transitions at one moment, and more to come. ` +
      `The last ones led to: ${states.join(', ')}.`;
    throw new FoundProblem('restless', sentence);
  }
}

const checkpointOf = (
  ...[snapshot, session, pending]: [unknown, Session, ReturnType<LoneBehaviour['pendingDelays']>]
): Checkpoint => {
  try {
    return newCheckpoint(1, snapshot, session, pending);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const sentence = `It cannot be stored as JSON: ${error.option} is ${described(error.value)}.`;
    throw new FoundProblem('not-json', `${sentence} If it is never stored: \`restore: false\`.`);
  }
};

/** The reference a behaviour was given to its session: no JSON, and put back where it was. */
const sessionIn = (input: unknown): Session => {
  const session: unknown = Reflect.get(Object(input), 'session');
  // Nothing is asked of it: it is only told from all else.
  return (typeof session === 'object' && session !== null ? session : {}) as unknown as Session;
};

const described = (value: unknown): string => {
  if (typeof value === 'object' && value !== null) {
    return value.constructor === Object || Array.isArray(value)
      ? 'too deep, or part of a cycle'
      : `an instance of ${value.constructor.name}`;
  }
  return typeof value === 'function' || typeof value === 'symbol'
    ? `a ${typeof value}`
    : String(value);
};
