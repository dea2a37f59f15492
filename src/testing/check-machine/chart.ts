import type { AnyActorLogic, AnyStateMachine, AnyStateNode, SnapshotFrom } from 'xstate';
import { InvalidOptionError } from '../../errors.ts';
import { describes, isInternal } from '../../xstate/behaviour-events.ts';
import { Prospects } from './prospects.ts';

type AnySnapshot = SnapshotFrom<AnyActorLogic>;

/** What can be said of a chart without running it, and of its snapshots. States go by their path: `paying.charging`. */
export class Chart {
  readonly #prospects = new Prospects();
  readonly id: string;
  /** Every state but the root and the history states, which no run is ever in. */
  readonly states: readonly string[];
  /** Those that every run enters as it begins, also where it leaves them before its first snapshot. */
  readonly begins: ReadonlySet<string>;
  /** Event types the chart knows, as descriptors. */
  readonly events: readonly string[];
  /** Delays of the chart that have a length but no name, each as `state: ms`. */
  readonly unnamedDelays: readonly string[];

  constructor(machine: AnyStateMachine) {
    this.id = machine.id;
    const nodes = nodesUnder(machine.root).filter(({ type }) => type !== 'history');
    this.states = nodes.filter(({ parent }) => parent !== undefined).map(nameOf);
    this.begins = new Set(enteredFirst(machine.root).map(nameOf));
    this.events = machine.events.map(String).filter((type) => !isInternal(type));
    this.unnamedDelays = nodes.flatMap((node) =>
      Object.keys(node.config.after ?? {})
        .filter((delay) => !Number.isNaN(Number(delay)))
        .map((delay) => `${nameOf(node) || 'the root'}: ${delay}`),
    );
  }

  /** The states a run is in. */
  statesOf(snapshot: AnySnapshot): string[] {
    return activeNodes(snapshot)
      .filter(({ parent }) => parent !== undefined)
      .map(nameOf);
  }

  /** The innermost states a run is in: one, or one of each parallel region, in the order of the chart. */
  leavesOf(snapshot: AnySnapshot): string[] {
    return activeNodes(snapshot)
      .filter(({ type }) => type === 'atomic' || type === 'final')
      .sort((a, b) => a.order - b.order)
      .map((node) => nameOf(node) || 'the root');
  }

  /** Whether a state of the run has a transition for this type of event. Its guard may still say no. */
  takes(snapshot: AnySnapshot, type: string): boolean {
    return activeNodes(snapshot).some((node) => hasTransition(node, type));
  }

  /** Whether any state at all has a transition for this type of event. */
  knows(type: string): boolean {
    return this.events.some((descriptor) => describes(descriptor, type));
  }

  /** Event types the chart knows that are not among these events. */
  notIn(events: object): string[] {
    return this.events.filter((type) => !Object.hasOwn(events, type));
  }

  /** Whether this type of event may end most of what a run could still see. */
  losesProspects(snapshot: AnySnapshot, type: string): boolean {
    return this.#prospects.areLostBy(type, activeNodes(snapshot));
  }

  /** Throws `InvalidOptionError` unless these are states of the chart. */
  assertStates(option: string, states: readonly string[]): void {
    for (const state of states) {
      if (!this.states.includes(state)) {
        throw new InvalidOptionError(
          option,
          state,
          `states of the chart: ${this.states.join(', ')}`,
        );
      }
    }
  }
}

/** The chart of a logic; `null` for one that is no machine. By its shape: it may come from another copy of XState. */
export const chartOf = (logic: AnyActorLogic): Chart | null =>
  isMachine(logic) ? new Chart(logic) : null;

const isMachine = (logic: AnyActorLogic): logic is AnyStateMachine =>
  'root' in logic && 'events' in logic && Array.isArray(logic.events);

const nodesUnder = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values<AnyStateNode>(node.states).flatMap(nodesUnder),
];

/** What is entered with a state by its `initial`, or all regions of a parallel one, and so on down. */
const enteredFirst = (node: AnyStateNode): AnyStateNode[] => {
  const children = Object.values<AnyStateNode>(node.states);
  if (node.type === 'parallel') return children.flatMap((one) => [one, ...enteredFirst(one)]);
  const targets: readonly AnyStateNode[] = node.type === 'compound' ? node.initial.target : [];
  const first = children.filter((one) =>
    targets.some(({ path }) => path[one.path.length - 1] === one.key),
  );
  return first.flatMap((one) => [one, ...enteredFirst(one)]);
};

const activeNodes = (snapshot: AnySnapshot): readonly AnyStateNode[] =>
  '_nodes' in snapshot ? snapshot._nodes : [];

const nameOf = ({ path }: AnyStateNode): string => path.join('.');

const hasTransition = (node: AnyStateNode, type: string): boolean =>
  [...node.transitions.keys()].some((descriptor) => describes(descriptor, type));
