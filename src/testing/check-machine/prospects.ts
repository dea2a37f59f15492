import type { AnyStateNode } from 'xstate';
import { describes } from '../../xstate/behaviour-events.ts';

/**
 * How much of a chart can still be seen from where a run is. Chance alone would cancel most orders before they are
 * placed: steps after which there is much less to see are to be taken seldom.
 */
export class Prospects {
  readonly #seen = new Map<AnyStateNode, number>();

  /** Whether an event, taken in these states, leaves less than half of what there is to see. Guards are not looked at. */
  areLostBy(type: string, active: readonly AnyStateNode[]): boolean {
    const targets = active.flatMap((node) => targetsOf(node, type));
    // One that leads nowhere else loses nothing.
    if (targets.length === 0 || targets.includes(null)) return false;
    // What those around could be in next, they could be in from the start.
    const innermost = active.filter(({ type: kind }) => kind === 'atomic' || kind === 'final');
    const before = Math.max(...innermost.map((node) => this.#from(node)));
    const after = Math.max(...targets.map((node) => (node === null ? before : this.#from(node))));
    return after < before / 2;
  }

  /** How many states a run can be in once it is in this one, that one included. */
  #from(node: AnyStateNode): number {
    const known = this.#seen.get(node);
    if (known !== undefined) return known;
    const seen = new Set([node]);
    // Grows while it is gone through.
    for (const one of seen) for (const next of nextOf(one)) seen.add(next);
    this.#seen.set(node, seen.size);
    return seen.size;
  }
}

/** Where this type of event leads from a state; `null`: it stays. */
const targetsOf = (node: AnyStateNode, type: string): (AnyStateNode | null)[] =>
  [...node.transitions].flatMap(([descriptor, transitions]) =>
    describes(descriptor, type)
      ? transitions.flatMap(({ target }): (AnyStateNode | null)[] => [...(target ?? [null])])
      : [],
  );

/** States entered with a state, and those its transitions lead to, and the transitions of the states around it. */
const nextOf = (node: AnyStateNode): AnyStateNode[] => {
  const around: AnyStateNode[] = [];
  for (let outer: AnyStateNode | undefined = node; outer !== undefined; outer = outer.parent) {
    around.push(outer);
  }
  const within = Object.values<AnyStateNode>(node.states);
  const entered = node.type === 'parallel' ? within : (node.initial?.target ?? []);
  const transitions = around.flatMap((one) => [
    ...[...one.transitions.values()].flat(),
    ...(one.always ?? []),
  ]);
  return [...entered, ...transitions.flatMap(({ target }) => target ?? [])];
};
