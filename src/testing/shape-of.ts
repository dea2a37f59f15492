import type { AnyActorLogic, AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { InvalidOptionError } from '../errors.ts';

/** What a transition leads to and what it depends on, by names. */
export interface TransitionShape {
  /** Ids of states; empty: it stays where it is. */
  readonly targets: readonly string[];
  /** The name of its guard, `(inline)` for one without; `null`: it has none. */
  readonly guard: string | null;
}

/** One state. */
export interface StateShape {
  readonly type: string;
  /** The one it begins in; `null`: none. */
  readonly initial: string | null;
  /** Transitions by event; those without an event under `always`, those at its end under `done`. */
  readonly on: Readonly<Record<string, readonly TransitionShape[]>>;
  /** The same by delay: its name, or ms. */
  readonly after: Readonly<Record<string, readonly TransitionShape[]>>;
  /** What runs while it is in this state, by the id it has in snapshots. */
  readonly invoke: Readonly<Record<string, string>>;
}

/** What a stored snapshot of a machine depends on: plain data with sorted keys, the same for the same chart. */
export interface MachineShape {
  readonly id: string;
  /** The fields of its context, sorted. */
  readonly context: readonly string[];
  /** By the path from the root, `''` for the root itself. */
  readonly states: Readonly<Record<string, StateShape>>;
}

/**
 * The shape of a machine, to be kept in a file beside its test: where it changes, its snapshots from before may not fit
 * any more, and the behaviour needs a new `version` and a step in `migrate`.
 *
 * ```ts
 * expect(shapeOf(agentMachine)).toEqual(JSON.parse(readFileSync('agent.shape.json', 'utf8')));
 * ```
 *
 * What code computes does not show: the type of a field of the context, what an action or a guard does, what is assigned
 * later than at the start, how long a named delay is. A machine that a state invokes has a shape of its own: hold that one too.
 *
 * @param machine what `createMachine` made
 * @param input what its context is made from, where that is a function that needs it; default `{}`
 * @throws InvalidOptionError for a logic that is no machine
 * @throws what the context throws, where it needs another input
 */
export const shapeOf = (machine: AnyActorLogic, input: unknown = {}): MachineShape => {
  if (!isMachine(machine)) {
    throw new InvalidOptionError('machine', machine, 'a machine, as createMachine makes it');
  }
  const states = statesIn(machine.root).map((node) => [node.path.join('.'), stateShape(node)]);
  return {
    id: machine.id,
    context: Object.keys(Object(contextOf(machine, input))).sort(),
    states: sorted(states as [string, StateShape][]), // Pairs, as they were just made.
  };
};

const isMachine = (logic: unknown): logic is AnyStateMachine =>
  typeof Reflect.get(Object(logic), 'root') === 'object';

const statesIn = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((child) => statesIn(child)),
];

const contextOf = (machine: AnyStateMachine, input: unknown): unknown => {
  const context: unknown = machine.config.context;
  // What it spawns is not looked at.
  return typeof context === 'function'
    ? context({ input, self: null, spawn: () => null })
    : context;
};

const stateShape = (node: AnyStateNode): StateShape => {
  const on: Record<string, TransitionShape[]> = {};
  const after: Record<string, TransitionShape[]> = {};
  const delays = new Map(node.after.map(({ eventType, delay }) => [eventType, delayName(delay)]));
  for (const [event, transitions] of node.transitions) {
    const shapes = transitions.map((one: AnyTransitionDefinition) => transitionShape(one));
    const delay = delays.get(event);
    if (delay === undefined) on[event] = shapes;
    else after[delay] = shapes;
  }
  if (node.always !== undefined) on['always'] = node.always.map((one) => transitionShape(one));
  const initial = node.initial?.target?.[0]?.key ?? null;
  return {
    type: node.type,
    initial,
    on: sorted(Object.entries(on)),
    after: sorted(Object.entries(after)),
    invoke: sorted(node.invoke.map(({ id, src }) => [id, nameOf(src)])),
  };
};

const delayName = (delay: unknown): string =>
  typeof delay === 'function' ? '(inline)' : String(delay);

const transitionShape = ({ target, guard }: AnyTransitionDefinition): TransitionShape => ({
  targets: (target ?? []).map(({ id }) => id),
  guard: guard === undefined ? null : nameOf(guard),
});

/** A name, or the type of an object with parameters; what is written in place has neither. */
const nameOf = (named: unknown): string => {
  if (typeof named === 'string') return named;
  const type: unknown = Reflect.get(Object(named), 'type');
  return typeof named === 'object' && typeof type === 'string' ? type : '(inline)';
};

const sorted = <T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
