import type { Change, NewRecord, SessionRecord, Store } from '../../src/index.ts';
import { StoreError } from '../../src/index.ts';
import type { Reason, State } from './numbers.ts';

/** One move of a session's actor, as XState's own observers saw it. */
export interface Move {
  readonly to: State;
  readonly reason: Reason | null;
  /** Its place in the one order of moves and commits. */
  readonly order: number;
  readonly mono: number;
  readonly wall: number;
}

/** One change that the store made, and when it was asked for it. */
export interface Written {
  readonly began: number;
  readonly state: State | undefined;
  readonly change: Change | NewRecord;
}

/** Notes, in one order, when actors moved and what the store really did: the truth that answers may have lost. */
export class StoreWatch {
  readonly moves = new Map<string, Move[]>();
  readonly written = new Map<string, Written[]>();
  /** Nothing may be asked of it any more. */
  closed = false;
  #order = 0;
  /** The first id of a session by a later one. */
  readonly #firstIds = new Map<string, string>();

  /** The id a session was born with: what its actor is called for ever. */
  firstId(id: string): string {
    return this.#firstIds.get(id) ?? id;
  }

  get order(): number {
    return this.#order;
  }

  moved(id: string, move: Omit<Move, 'order'>): Move | null {
    const before = this.moves.get(id) ?? [];
    if (before.at(-1)?.to === move.to) return null;
    this.#order += 1;
    const full = { ...move, order: this.#order };
    this.moves.set(id, [...before, full]);
    return full;
  }

  /** Whether the store has made a change that was asked for after that moment. */
  covers(id: string, order: number): boolean {
    return this.writtenOf(id).some(({ began }) => began > order);
  }

  /** Whether the store has made a change with this in it. */
  has(id: string, wanted: (change: Change | NewRecord) => boolean): boolean {
    return this.writtenOf(id).some(({ change }) => wanted(change));
  }

  writtenOf(id: string): readonly Written[] {
    return this.written.get(this.firstId(id)) ?? [];
  }

  /** The store with a watch on it. Closing it leaves what is behind it to be read. */
  over(store: Store): Store {
    const note = async <R>(id: string, change: Change | NewRecord, act: () => Promise<R>) => {
      this.#order += 1;
      const began = this.#order;
      const result = await act();
      const first = this.firstId(id);
      const before = this.written.get(first) ?? [];
      this.written.set(first, [...before, { began, state: change.state, change }]);
      if ('id' in change && change.id !== undefined && change.id !== id) {
        this.#firstIds.set(change.id, first);
      }
      return result;
    };
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'close') {
          return async () => {
            this.closed = true;
          };
        }
        if (this.closed && name !== 'durable') {
          return async () => {
            throw new StoreError('it is closed', undefined, false);
          };
        }
        if (name === 'create') {
          return (record: NewRecord) => note(record.id, record, () => target.create(record));
        }
        if (name === 'commit') {
          return (held: SessionRecord, change: Change) =>
            note(held.id, change, () => target.commit(held, change));
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}
