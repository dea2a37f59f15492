import type { RuntimeContext } from '../../src/runtime/runtime-context.ts';
import { LIMITS } from './numbers.ts';
import type { SimProcess } from './process.ts';
import type { Truth } from './truth.ts';

/** A limit that a refusal names. */
export type Limit = 'maxResident' | 'maxStored' | 'maxPerPrincipal';

/** `null`: nobody's, who are not counted together. */
type Principal = string | null;

/** Whose it is, where that is not known. */
export const UNKNOWN = 'unknown';

/**
 * Those that have not ended, and whose they are: as they are recorded, or, where the store has not answered yet, as the
 * process has them.
 */
export const livingOf = (truth: Truth, { context }: SimProcess): Map<string, Principal> => {
  const { hosts, endingAway, takingBack, newIds } = context;
  const living = new Map<string, Principal>();
  for (const { id, state, principal } of truth.records) {
    // Whose new id has no answer yet is in memory under its old one.
    const inMemory = newIds.get(id)?.id ?? id;
    if (state !== 'terminated') living.set(inMemory, principal);
  }
  for (const { id, principal } of [...hosts.values(), ...endingAway]) living.set(id, principal);
  for (const id of takingBack.keys()) if (!living.has(id)) living.set(id, UNKNOWN);
  return living;
};

/** Calls `look` whenever a slot is taken or promised: one that is given back in the same turn is seen by nobody else. */
export const watchSlots = ({ hosts, reserved }: RuntimeContext, look: () => void): void => {
  const add = reserved.add.bind(reserved);
  reserved.add = (principal) => {
    add(principal);
    look();
  };
  const set = hosts.set.bind(hosts);
  hosts.set = (id, host) => {
    set(id, host);
    look();
    return hosts;
  };
};

/** When each limit was reached last: looked at whenever anything happens. */
export class LimitsReached {
  /** Looks so far. */
  looks = 0;
  readonly #at = new Map<string, number>();

  look(truth: Truth, process: SimProcess | null): number {
    this.looks += 1;
    if (process === null) return this.looks;
    const { hosts, reserved } = process.context;
    if (hosts.size + reserved.size >= LIMITS.maxResident) this.#is('maxResident');
    const whose = [...livingOf(truth, process).values()];
    if (whose.length >= LIMITS.maxStored) this.#is('maxStored');
    for (const principal of new Set(whose)) {
      const own = whose.filter((one) => one === principal || one === UNKNOWN).length;
      if (principal !== null && own >= LIMITS.maxPerPrincipal) {
        this.#is(`maxPerPrincipal ${principal}`);
      }
    }
    return this.looks;
  }

  /** Whether it was reached at that look or at a later one. */
  since(look: number, limit: Limit, principal: Principal): boolean {
    // Where those alone whose is not known reach it, they may all be this one's.
    const own = [`${limit} ${principal}`, `${limit} ${UNKNOWN}`];
    const what = limit === 'maxPerPrincipal' ? own : [limit];
    return what.some((one) => (this.#at.get(one) ?? 0) >= look);
  }

  #is(what: string): void {
    this.#at.set(what, this.looks);
  }
}
