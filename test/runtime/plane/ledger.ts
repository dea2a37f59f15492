import type { InspectedSnapshotEvent } from 'xstate';
import type { SessionState } from '../../../machines/index.ts';
import type { Change, NewRecord, SessionRecord, Store } from '../../../src/index.ts';

/** What inspection shows of a session: its chart is ours, so its shape is known. */
export type SeenSnapshot = InspectedSnapshotEvent['snapshot'] & {
  value: SessionState;
  context?: { id?: string };
};

/** Notes, in one order, when actors moved and when the store began what it then did. */
export class Ledger {
  #now = 0;
  readonly moves = new Map<string, { to: SessionState; at: number }[]>();
  readonly commits = new Map<string, { began: number; state: SessionState | undefined }[]>();

  moved(id: string, to: SessionState): void {
    this.#now += 1;
    this.moves.set(id, [...(this.moves.get(id) ?? []), { to, at: this.#now }]);
  }

  watch(store: Store): Store {
    const noted = async <R>(id: string, state: SessionState | undefined, act: () => Promise<R>) => {
      this.#now += 1;
      const began = this.#now;
      const result = await act();
      this.commits.set(id, [...(this.commits.get(id) ?? []), { began, state }]);
      return result;
    };
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'create') {
          return (record: NewRecord) => noted(record.id, record.state, () => target.create(record));
        }
        if (name === 'commit') {
          return (held: SessionRecord, change: Change) =>
            noted(held.id, change.state, () => target.commit(held, change));
        }
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Whether a change of the actor is contained in something the store has done. */
  covers(id: string, at: number): boolean {
    return (this.commits.get(id) ?? []).some(({ began }) => began > at);
  }
}
