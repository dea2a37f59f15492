import type { Store } from '../store/contract.ts';

/** A store, and what it still owes to the one process that uses it. */
export interface WatchedStore {
  /** What to use in its place. */
  readonly store: Store;
  /** Calls that it has not answered: `commit of ses_…`. */
  unanswered(): readonly string[];
  /** Whether its `close` was called and has answered. */
  readonly isClosed: boolean;
}

/** Watches the calls of a store. */
export const watchedStore = (inner: Store): WatchedStore => {
  const pending = new Set<{ readonly call: string }>();
  let isClosed = false;
  const store = new Proxy(inner, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: readonly unknown[]): unknown => {
        const entry = { call: callOf(String(name), given[0]) };
        pending.add(entry);
        const answer: unknown = Reflect.apply(method, target, given);
        const answered = (): void => void pending.delete(entry);
        Promise.resolve(answer).then(() => {
          answered();
          isClosed ||= name === 'close';
        }, answered);
        return answer;
      };
    },
  });
  return {
    store,
    unanswered: () => [...pending].map(({ call }) => call),
    get isClosed() {
      return isClosed;
    },
  };
};

/** A call by what it is about: an id, or something that has one. */
const callOf = (name: string, about: unknown): string => {
  if (typeof about === 'string') return `${name} of ${about}`;
  if (typeof about === 'object' && about !== null && 'id' in about) return `${name} of ${about.id}`;
  return name;
};
