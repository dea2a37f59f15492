import { AlreadyExistsError } from '../../src/errors.ts';
import type { NewRecord, SessionRecord } from '../../src/store/contract.ts';
import { type Broken, newest } from './spoil.ts';

/** The rules about keys freed at the end, trimmed journals and new ids, broken one each. */
export const BROKEN_CHANGES: readonly Broken[] = [
  {
    rule: 'a tombstone keeps its key',
    noticed: /its end frees it/,
    spoil: (right) => {
      const taken = new Set<string>();
      const name = (record: NewRecord) => JSON.stringify([record.principal, record.key]);
      return {
        create: async (record: NewRecord) => {
          if (record.key !== null && taken.has(name(record))) throw new AlreadyExistsError('It');
          const made = await right.create(record);
          taken.add(name(record));
          return made;
        },
      };
    },
  },
  {
    rule: 'find answers with a tombstone',
    noticed: /its end frees it/,
    spoil: (right) => ({
      find: async (principal, key) => {
        const { records } = await right.list({ principal, limit: 1_000 });
        return records.find((record) => record.key === key) ?? null;
      },
    }),
  },
  {
    rule: 'the end of a tombstone frees the key of another',
    noticed: /what becomes of a tombstone does not touch/,
    spoil: (right) => {
      const freed = new Set<string | null>();
      return {
        remove: async (held) => {
          const there = await right.load(held.id);
          await right.remove(held);
          freed.add(there?.key ?? null);
        },
        find: async (principal, key) => (freed.has(key) ? null : right.find(principal, key)),
      };
    },
  },
  {
    rule: 'a tombstone is brought back without a look at its key',
    noticed: /needs its key free/,
    spoil: (right) => ({
      commit: (held, change) =>
        right
          .commit(held, change)
          .catch((error) => (error instanceof AlreadyExistsError ? held : Promise.reject(error))),
    }),
  },
  {
    rule: 'a trim trims nothing',
    noticed: /entries before a number are trimmed/,
    spoil: (right) => ({
      commit: (held, { trimBefore: _, ...change }) => right.commit(held, change),
    }),
  },
  {
    rule: 'a trim takes the number itself too',
    noticed: /entries before a number are trimmed/,
    spoil: (right) => ({
      commit: (held, { trimBefore = 0, ...change }) =>
        right.commit(held, { ...change, trimBefore: trimBefore + 1 }),
    }),
  },
  {
    rule: 'a trimmed journal is read by position',
    noticed: /entries before a number are trimmed/,
    spoil: (right) => ({
      readJournal: async (id, { after, limit }) =>
        (await right.readJournal(id, { after: 0, limit: 20_000 })).slice(after, after + limit),
    }),
  },
  {
    rule: 'numbers of trimmed entries are given out again',
    noticed: /numbers are not given out again/,
    spoil: (right) => {
      const emptied = new Set<string>();
      return {
        commit: async (held, change) => {
          const next = await right.commit(held, change);
          const left = await right.readJournal(held.id, { after: 0, limit: 1 });
          if (left.length === 0) emptied.add(held.id);
          return emptied.has(held.id) ? { ...next, journalSeq: left.length } : next;
        },
      };
    },
  },
  {
    rule: 'a refused commit trims',
    noticed: /a refused commit trims nothing/,
    spoil: (right) => ({
      commit: (held, change) =>
        right.commit(held, change).catch(async (error) => {
          const { trimBefore } = change;
          if (trimBefore !== undefined)
            await right.commit(await newest(right, held), { trimBefore });
          throw error;
        }),
    }),
  },
  {
    rule: 'a new id leaves the journal behind',
    noticed: /a new id takes the record and its journal along/,
    spoil: (right) => {
      const origin = new Map<string, string>();
      return {
        commit: async (held, change) => {
          const next = await right.commit(held, change);
          if (change.id !== undefined) origin.set(change.id, held.id);
          return next;
        },
        readJournal: (id, page) => right.readJournal(origin.get(id) ?? id, page),
      };
    },
  },
  {
    rule: 'the old id still loads',
    noticed: /the old id is unknown/,
    spoil: (right) => {
      const moved = new Map<string, string>();
      return {
        commit: async (held, change) => {
          const next = await right.commit(held, change);
          if (change.id !== undefined && change.id !== held.id) moved.set(held.id, change.id);
          return next;
        },
        load: (id) => right.load(moved.get(id) ?? id),
      };
    },
  },
  {
    rule: 'a moved record is listed in its old place',
    noticed: /listed and due under its new id/,
    spoil: (right) => {
      const place = new Map<string, string>();
      const placed = (record: SessionRecord) => place.get(record.id) ?? record.id;
      return {
        commit: async (held, change) => {
          const next = await right.commit(held, change);
          if (change.id !== undefined) place.set(change.id, held.id);
          return next;
        },
        list: async (filter) => {
          const { records, cursor } = await right.list(filter);
          return { records: records.toSorted((a, b) => (placed(a) < placed(b) ? -1 : 1)), cursor };
        },
      };
    },
  },
  {
    rule: 'a move overwrites who has the id',
    noticed: /an id that is taken, by a tombstone too/,
    spoil: (right) => ({
      commit: async (held, change) => {
        const there = change.id === undefined ? null : await right.load(change.id);
        if (there !== null && there.id !== held.id) await right.remove(there);
        return right.commit(held, change);
      },
    }),
  },
];
