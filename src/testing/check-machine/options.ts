import type { Arbitrary } from 'fast-check';
import type { AnyActorLogic, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate';
import { InvalidOptionError } from '../../errors.ts';
import { isInternal, RESTORED } from '../../xstate/behaviour-events.ts';

/**
 * What an event carries besides its type: an arbitrary of the whole, or the fields, each an arbitrary or a value that is
 * always the same. Give values that the machine's guards can say yes to.
 */
export type EventPayload = Arbitrary<object> | { readonly [field: string]: unknown };

/** How a run of a machine is made and what is looked at after each step; for `checkMachine` and `replayMachine`. */
export interface RunOptions<Logic extends AnyActorLogic = AnyActorLogic> {
  /** What the machine is started with. A `session` in it is put back where a restored machine had it, as in a runtime. */
  readonly input?: InputFrom<Logic>;
  /** The events it is sent, by type; default: none, only time passes. */
  readonly events?: { readonly [Type in EventFromLogic<Logic>['type']]?: EventPayload };
  /** Looked at at the start and after every step. Wrong where it returns `false`, or throws. */
  readonly invariant?: (snapshot: SnapshotFrom<Logic>) => unknown;
  /**
   * Whether, after every step, a second run of the machine is stored, restored, and held against one that was not.
   * Default true. Off for a machine that is never stored: one with inline actors, or a context JSON cannot carry. While
   * a promise or a callback runs, it is not done: restored, that would begin anew.
   */
  readonly restore?: boolean;
  /** States the machine may stay in for ever though they are not final, by path: `paying.locked`. Default: none. */
  readonly deadEnds?: readonly string[];
  /** States you know that no run reaches, by path. One that is reached after all is a failure. Default: none. */
  readonly unreachable?: readonly string[];
}

/** How `checkMachine` looks for problems. */
export interface CheckMachineOptions<Logic extends AnyActorLogic = AnyActorLogic>
  extends RunOptions<Logic> {
  /** How many runs, at least 1; default 100. Up to ten times as many while a state was not reached. */
  readonly runs?: number;
  /** The most steps of one run, at least 1; default 50. */
  readonly maxSteps?: number;
  /** Replays the runs of a failure, which tells it; default: another one each time. */
  readonly seed?: number;
  /** With `seed`: goes to the failing run at once. A failure tells it. */
  readonly path?: string;
  /** Lets an `after` be keyed by a number. Default false: tests can change a named delay, and inspectors show it. */
  readonly allowUnnamedDelays?: boolean;
}

const RUN = {
  input: true,
  events: true,
  invariant: true,
  restore: true,
  deadEnds: true,
  unreachable: true,
} as const satisfies Record<keyof RunOptions, true>;

const CHECK = {
  ...RUN,
  runs: true,
  maxSteps: true,
  seed: true,
  path: true,
  allowUnnamedDelays: true,
} as const satisfies Record<keyof CheckMachineOptions, true>;

/** Throws `InvalidOptionError` for an option nobody reads, or a value that is not allowed. */
export const assertOptions = (options: unknown): void => {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object');
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(CHECK, name)) continue;
    throw new InvalidOptionError('an option', name, `one of: ${Object.keys(CHECK).join(', ')}`);
  }
  const { runs = 1, maxSteps = 1, events = {} } = options as CheckMachineOptions;
  for (const [option, value] of Object.entries({ runs, maxSteps })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new InvalidOptionError(option, value, 'a whole number of at least 1');
  }
  for (const [type, payload] of Object.entries<unknown>(events)) {
    if (!maySend(type)) throw new InvalidOptionError('events', type, "not one of XState's own");
    if (typeof payload === 'object' && payload !== null) continue;
    throw new InvalidOptionError(`events.${type}`, payload, '{}, its fields, or an arbitrary');
  }
};

/** Whether a machine may be sent events of this type: all but XState's own. What a runtime sends is sent as any other. */
export const maySend = (type: string): boolean => type === RESTORED || !isInternal(type);

/** Whether a value is an arbitrary of fast-check. By its shape: it may come from another copy. */
export const isArbitrary = (value: unknown): value is Arbitrary<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  ['generate', 'shrink', 'canShrinkWithoutContext'].every(
    (method) => typeof Reflect.get(value, method) === 'function',
  );
