import type { AnyActorRef } from 'xstate';

type System = AnyActorRef['system'];

type Named = AnyActorRef & { readonly systemId?: string };

/** How XState files an actor under its `systemId`, and numbers it; its published types leave it out. */
interface NamingSystem {
  _bookId?: () => string;
  _set?: (systemId: string, actor: Named) => void;
  _unregister?: (actor: Named) => void;
}

/**
 * The same actor system, with names (`systemId`) of its own: `get` and `getAll` know only the actors that were made in
 * it. All behaviours run in one system, where a name could be given once, by one session. No actor that is made in it is
 * given one of the `taken` numbers: an actor without an id goes by its number, and one that was restored by the number it
 * had in another process. Throws when this version of XState has no way to tell which actor has a name.
 */
export const withOwnNames = (
  system: System & NamingSystem,
  taken: ReadonlySet<string> = NONE,
): System => {
  const { _bookId: bookId, _set: set, _unregister: unregister } = system;
  if (bookId === undefined || set === undefined || unregister === undefined) {
    throw new Error('This version of XState is not supported: its actors cannot be named.');
  }
  const names = new Map<string, Named>();
  const own: Required<NamingSystem> & Pick<System, 'get' | 'getAll'> = {
    get: (systemId) => names.get(String(systemId)),
    getAll: () => Object.fromEntries(names),
    _bookId: () => {
      let id = bookId();
      while (taken.has(id)) id = bookId();
      return id;
    },
    _set: (systemId, actor) => {
      const existing = names.get(systemId);
      if (existing !== undefined && existing !== actor) {
        throw new Error(
          `The behaviour has two actors with the systemId ${JSON.stringify(systemId)}.`,
        );
      }
      names.set(systemId, actor);
    },
    _unregister: (actor) => {
      const { systemId } = actor;
      if (systemId !== undefined && names.get(systemId) === actor) names.delete(systemId);
      unregister(actor);
    },
  };
  // All else is read through, as it is at that time.
  return Object.assign(Object.create(system), own);
};

const NONE: ReadonlySet<string> = new Set();

/** The ids of all actors under one of which this is the snapshot, as `getPersistedSnapshot` gave it. */
export const idsWithin = (snapshot: unknown): Set<string> => {
  const ids = new Set<string>();
  const snapshots = [snapshot];
  for (const one of snapshots) {
    const children: unknown = Reflect.get(Object(one), 'children');
    for (const [id, child] of Object.entries(Object(children))) {
      ids.add(id);
      snapshots.push(Reflect.get(Object(child), 'snapshot'));
    }
  }
  return ids;
};
