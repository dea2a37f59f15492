/**
 * What can be wrong with a machine.
 *
 * - `threw`: a guard, an action or an actor under it failed, and the machine with it
 * - `restless`: it goes round, or raises events, without end, and time cannot move on
 * - `dead-end`: it is not done, and nothing leads anywhere any more
 * - `timer-left`: it is done, and something of it still waits on the clock
 * - `not-json`: what it knows would be lost on its way through JSON
 * - `not-restored`: restored from what was stored of it, it goes on differently
 * - `invariant`: `invariant` said no
 * - `reached-after-all`: it was in a state that was said to be unreachable
 * - `never-reached`: no run was ever in that state
 * - `never-handled`: no state that was reached has a transition for that event, or none whose guard ever said yes
 * - `no-step`: no run could make a step, as all it does is wait for something that takes real time
 * - `unnamed-delay`: an `after` has a length, but no name
 */
export type MachineProblemKind =
  | 'threw'
  | 'restless'
  | 'dead-end'
  | 'timer-left'
  | 'not-json'
  | 'not-restored'
  | 'invariant'
  | 'reached-after-all'
  | 'never-reached'
  | 'never-handled'
  | 'no-step'
  | 'unnamed-delay';

/** One thing that is wrong with a machine. */
export interface MachineProblem {
  readonly kind: MachineProblemKind;
  /** What is wrong, in a sentence. */
  readonly sentence: string;
}

/** A problem on its way from the step that showed it. */
export class FoundProblem extends Error implements MachineProblem {
  readonly kind: MachineProblemKind;
  readonly sentence: string;

  constructor(kind: MachineProblemKind, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.sentence = sentence;
  }
}
