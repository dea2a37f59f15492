import type { Snapshot } from 'xstate';
import { InvalidOptionError } from '../../errors.ts';
import { type Path, valueAt } from '../../store/envelope/envelope.ts';
import type { PendingDelay } from '../../xstate/pending-delays.ts';
import type { Session } from '../session.ts';

/** A behaviour's snapshot as a restart starts from it. Plain JSON all through, shared with nobody. */
export interface Checkpoint {
  /** Of which incarnation. */
  readonly incarnation: number;
  /** As the logic's `getPersistedSnapshot` gave it, copied. */
  readonly snapshot: unknown;
  /** Where in it the reference to the session itself was: it is no JSON, and put back at a restart. */
  readonly session: readonly Path[];
  /** What it had sent with a delay, in the order in which it is due: their times are mono. */
  readonly delays: readonly PendingDelay[];
}

/** Deeper data is refused; this is also what stops at a cycle. */
const MAX_DEPTH = 500;

/**
 * Copies a persisted snapshot, and the events that were pending. Throws `InvalidOptionError`, which names the place, for
 * what JSON cannot carry: better no checkpoint than one that lost something in silence. An event cannot carry the
 * reference to the session either.
 */
export const newCheckpoint = (
  incarnation: number,
  persisted: unknown,
  session: Session,
  pending: readonly PendingDelay[],
): Checkpoint => {
  const copier = new Copier(session, []);
  const snapshot = copier.copy(persisted);
  const delays = pending.map((delay, index) => {
    const event = new Copier(null, ['delays', index, 'event']).copy(delay.event);
    return { ...delay, event: event as PendingDelay['event'] }; // The copy of one.
  });
  return { incarnation, snapshot, session: copier.found, delays };
};

/** A copy of what to go on from, with the reference to the session put back. */
export const restored = (
  checkpoint: Checkpoint,
  session: Session,
): { snapshot: Snapshot<unknown>; delays: readonly PendingDelay[] } => {
  const { snapshot, delays } = checkpoint;
  const holder = structuredClone({ snapshot, delays });
  for (const path of checkpoint.session) putAt(holder, ['snapshot', ...path], session);
  // It was a snapshot when it was kept.
  return { snapshot: holder.snapshot as Snapshot<unknown>, delays: holder.delays };
};

/**
 * Copies data, with `null` in place of what stands for the session. Throws like `newCheckpoint`.
 */
export const copyWithout = (
  session: unknown,
  data: unknown,
): { copy: unknown; found: readonly Path[] } => {
  const copier = new Copier(session, []);
  return { copy: copier.copy(data), found: copier.found };
};

/**
 * Puts a value where that path leads, by own properties, in the place of a `null`. Throws `InvalidOptionError` where it leads
 * anywhere else: what was stored is not to reach what all objects share.
 */
export const putAt = (root: object, path: Path, value: unknown): void => {
  const last = path.at(-1);
  const holder = valueAt(root, path.slice(0, -1));
  if (last === undefined || valueAt(root, path) !== null) {
    throw new InvalidOptionError('the place of the session', path.join('.'), 'one that is empty');
  }
  Reflect.set(Object(holder), last, value);
};

class Copier {
  readonly found: Path[] = [];
  readonly #session: unknown;
  readonly #path: (string | number)[];

  /** What stands for the session; `null`: the reference to one is no data here. `path`: where what is copied stands. */
  constructor(session: unknown, path: (string | number)[]) {
    this.#session = session;
    this.#path = path;
  }

  copy(value: unknown): unknown {
    if (value === this.#session && value !== null) {
      this.found.push([...this.#path]);
      return null;
    }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    // JSON knows no -0.
    if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
    if (typeof value !== 'object') throw this.#refused(value, 'data that JSON can carry');
    if (this.#path.length === MAX_DEPTH) {
      throw this.#refused(value, `at most ${MAX_DEPTH} levels deep`);
    }
    if (Array.isArray(value)) return Array.from(value, (item, index) => this.#under(index, item));
    if (!isPlain(value)) throw this.#refused(value, 'data that JSON can carry');
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    // fromEntries defines properties: an own "__proto__" stays data.
    return Object.fromEntries(entries.map(([key, item]) => [key, this.#under(key, item)]));
  }

  #under(key: string | number, item: unknown): unknown {
    this.#path.push(key);
    const copy = this.copy(item);
    this.#path.pop();
    return copy;
  }

  #refused(value: unknown, allowed: string): InvalidOptionError {
    // A cycle has a path without end; its beginning says enough.
    const place = this.#path.slice(0, 10).join('.');
    return new InvalidOptionError(place === '' ? 'the snapshot' : place, value, allowed);
  }
}

/** True for object literals of any realm: their prototype is the end of the chain. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
