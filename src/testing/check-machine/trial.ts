import { asCode, asShortCode } from '../as-code.ts';
import { assertLeadsOn } from './dead-end.ts';
import { difference } from './difference.ts';
import type { Draw } from './draws.ts';
import { Life } from './life.ts';
import { FoundProblem } from './machine-problem.ts';
import type { MachineStep } from './step.ts';
import type { Subject } from './subject.ts';

/** One run of a machine, and beside it a second one that is stored and restored after every step. */
export class Trial {
  /** What was done, for a replay. */
  readonly steps: MachineStep[] = [];
  /** How often the second one was restored. */
  restored = 0;
  readonly #subject: Subject;
  readonly #reached = new Set<string>();
  readonly #life: Life;
  readonly #second: Life | null;

  constructor(subject: Subject) {
    const { source, options, chart } = subject;
    this.#subject = subject;
    this.#life = new Life(source, options.input, (snapshot, took) => {
      if (took !== null) subject.taken.add(took);
      for (const state of chart?.statesOf(snapshot) ?? []) {
        this.#reached.add(state);
        subject.reached.add(state);
      }
    });
    this.#second = options.restore === false ? null : new Life(source, options.input);
  }

  /** The machine is done: there are no more steps. */
  get isOver(): boolean {
    return !this.#life.isActive;
  }

  /** What runs at the end and is not waited for, in words; `null`: nothing does, or the machine is done. */
  get heldWork(): string | null {
    return this.#life.isActive ? this.#life.heldWork : null;
  }

  /** Starts it. Throws `FoundProblem`, as `perform` does. */
  async begin(): Promise<void> {
    await this.#move(null, (life) => life.begin());
  }

  /** Makes one step, and looks at everything. */
  async perform(step: MachineStep): Promise<void> {
    this.steps.push(step);
    await this.#move(step, (life) => life.perform(step));
  }

  /** Looks whether it could go on from where the last step left it. Throws `FoundProblem` where it could not. */
  assertLeadsOn(): void {
    const { chart } = this.#subject;
    if (chart !== null && this.#life.isActive) assertLeadsOn(this.#life, chart, this.#subject);
  }

  /** The step a proposal comes to here; `null` where it is of no use: nobody would hear it, or nothing is pending. */
  stepOf(draw: Draw): MachineStep | null {
    if ('send' in draw) return this.#hears(draw) ? draw.send : null;
    const dueInMs = this.#life.clock.nextDueInMs;
    if (dueInMs === null) return null;
    if (draw.wait === 'half' && dueInMs >= 2) return { wait: Math.floor(dueInMs / 2) };
    if (draw.wait === 'almost' && dueInMs > 1) return { wait: dueInMs - 1 };
    return { wait: dueInMs };
  }

  /** Stops all that still runs. */
  end(): void {
    this.#life.end();
    this.#second?.end();
  }

  #hears({ send: { type }, shy }: Extract<Draw, { readonly send: unknown }>): boolean {
    const { chart } = this.#subject;
    const { snapshot } = this.#life;
    if (chart === null) return true;
    return chart.takes(snapshot, type) && !(shy && chart.losesProspects(snapshot, type));
  }

  async #move(step: MachineStep | null, make: (life: Life) => Promise<void>): Promise<void> {
    await make(this.#life);
    this.#assertSound(step);
    if (this.#second === null) return;
    const expected = compared(this.#life);
    await make(this.#second);
    this.#assertSame(this.#second, expected);
    if (!this.#second.isActive || this.#second.heldWork !== null) return;
    await this.#second.goOn();
    this.restored += 1;
    this.#assertSame(this.#second, expected);
  }

  #assertSound(step: MachineStep | null): void {
    const { options } = this.#subject;
    const { snapshot } = this.#life;
    if (snapshot.status === 'error') {
      throw new FoundProblem(
        'threw',
        `It fails ${whenIs(step, 'on')}: ${snapshot.error}`,
        snapshot.error,
      );
    }
    const strange = options.unreachable?.find((state) => this.#reached.has(state));
    if (strange !== undefined) {
      const sentence = `It was in ${strange}, which \`unreachable\` says no run reaches.`;
      throw new FoundProblem('reached-after-all', sentence);
    }
    this.#assertInvariant(step);
    if (!this.#life.isActive) this.#assertNothingLeft();
  }

  #assertInvariant(step: MachineStep | null): void {
    const { snapshot } = this.#life;
    try {
      if (this.#subject.options.invariant?.(snapshot) !== false) return;
    } catch (error) {
      throw new FoundProblem('invariant', `${this.#unsound(step)}: ${error}`, error);
    }
    throw new FoundProblem('invariant', `${this.#unsound(step)}.`);
  }

  #unsound(step: MachineStep | null): string {
    const { snapshot } = this.#life;
    const leaves = this.#subject.chart?.leavesOf(snapshot) ?? [];
    const where = leaves.length === 0 ? '' : ` in ${leaves.join(' and ')}`;
    const context: unknown = Reflect.get(Object(snapshot), 'context');
    const what = context === undefined ? '' : `, with the context ${asShortCode(context)}`;
    return `The invariant does not hold ${whenIs(step, 'after')}${where}${what}`;
  }

  #assertNothingLeft(): void {
    const { pending, nextDueInMs } = this.#life.clock;
    if (pending === 0) return;
    const left =
      pending === 1 ? 'something of it still waits' : `${pending} things of it still wait`;
    const sentence = `It is done, but ${left} on the clock, the next for ${nextDueInMs} ms.`;
    throw new FoundProblem('timer-left', sentence);
  }

  #assertSame(second: Life, expected: unknown): void {
    const { status, error } = second.snapshot;
    const differs =
      status === 'error' && this.#life.snapshot.status !== 'error'
        ? `it fails: ${error}`
        : difference(expected, compared(second));
    if (differs === null) return;
    const sentence = `Stored and restored after every step, it goes on differently: ${differs}.`;
    throw new FoundProblem('not-restored', sentence);
  }
}

const whenIs = (step: MachineStep | null, preposition: 'on' | 'after'): string =>
  step === null ? 'at its start' : `${preposition} ${asCode(step)}`;

/** What is compared. References to actors are left out: one without a name of its own has another one each time. */
const compared = (life: Life): unknown => {
  const { children: _, ...own } = Object(life.stored().snapshot);
  return JSON.parse(JSON.stringify(own), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'xstate$$type' in value ? 'an actor' : value,
  );
};
