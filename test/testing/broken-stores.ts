import { Fenced, StoreError } from '../../src/errors.ts';
import type { JournalEntry, NewRecord, SessionRecord, Store } from '../../src/store/contract.ts';
import { type Broken, newest } from './spoil.ts';

/** Takes a record from whoever holds it, as often as it needs. */
const claimedAnyway = async (right: Store, id: string, owner: string) => {
  for (let there = await right.load(id); there !== null; there = await right.load(id)) {
    const released = await right.release(there).then(
      () => true,
      () => false,
    );
    if (released) break;
  }
  return right.claim(id, owner);
};

/** One rule broken each, and a word of the case that must notice. */
export const BROKEN: readonly Broken[] = [
  {
    rule: 'commit ignores the token',
    noticed: /a commit with a stale token is Fenced/,
    spoil: (right) => ({
      commit: async (held, change) => right.commit(await newest(right, held), change),
    }),
  },
  {
    rule: 'release ignores the token',
    noticed: /a stale release or removal is Fenced/,
    spoil: (right) => ({ release: async (held) => right.release(await newest(right, held)) }),
  },
  {
    rule: 'remove ignores the token',
    noticed: /a stale release or removal is Fenced/,
    spoil: (right) => ({ remove: async (held) => right.remove(await newest(right, held)) }),
  },
  {
    rule: 'a refused commit leaves its journal entries',
    noticed: /a commit with a stale token is Fenced, and nothing of it can be seen/,
    spoil: (right) => {
      const left: JournalEntry[] = [];
      return {
        commit: (held, change) =>
          right.commit(held, change).catch((error) => {
            for (const data of change.append ?? []) left.push({ seq: 1, epoch: 1, data });
            throw error;
          }),
        readJournal: async (id, page) => [...(await right.readJournal(id, page)), ...left],
      };
    },
  },
  {
    rule: 'a refused commit leaves its due',
    noticed: /a commit with a stale token is Fenced, and nothing of it can be seen/,
    spoil: (right) => ({
      commit: (held, change) =>
        right.commit(held, change).catch(async (error) => {
          const there = await right.load(held.id);
          if (there !== null && change.due !== undefined) {
            await right.commit(there, { due: change.due });
          }
          throw error;
        }),
    }),
  },
  {
    rule: 'it shares its objects with the reader',
    noticed: /what the caller does to an answer changes nothing/,
    spoil: (right) => {
      const given = new Map<string, SessionRecord>();
      return {
        load: async (id) => {
          const loaded = await right.load(id);
          if (loaded === null) return null;
          const shared = given.get(loaded.token) ?? structuredClone(loaded);
          given.set(loaded.token, shared);
          return shared;
        },
      };
    },
  },
  {
    rule: 'it copies late what it was given',
    noticed: /what the caller does to its own objects afterwards changes nothing/,
    spoil: (right) => ({
      commit: async (held, change) => {
        await null;
        return right.commit(held, change);
      },
    }),
  },
  {
    rule: 'claim ignores the holder',
    noticed: /a record held by another cannot be claimed/,
    spoil: (right) => ({ claim: (id, owner) => claimedAnyway(right, id, owner) }),
  },
  {
    rule: 'claim looks first and takes later',
    noticed: /of 8 claimers at the same time/,
    spoil: (right) => ({
      claim: async (id, owner) => {
        const there = await right.load(id);
        if (there !== null && there.owner !== null && there.owner !== owner) throw new Fenced(id);
        return claimedAnyway(right, id, owner);
      },
    }),
  },
  {
    rule: 'the cursor skips a record',
    noticed: /pages hold all records once/,
    spoil: (right) => ({
      list: async (filter) => {
        const page = await right.list(filter);
        return {
          records: filter.cursor ? page.records.slice(1) : page.records,
          cursor: page.cursor,
        };
      },
    }),
  },
  {
    rule: 'the cursor is a position, not an id',
    noticed: /records that come and go between pages/,
    spoil: (right) => ({
      list: async ({ cursor, limit, ...filter }) => {
        const { records } = await right.list({ ...filter, limit: 1_000 });
        const from = Number(cursor ?? 0);
        const more = records.length > from + limit;
        return {
          records: records.slice(from, from + limit),
          cursor: more ? `${from + limit}` : null,
        };
      },
    }),
  },
  {
    rule: 'a full last page has a cursor',
    noticed: /the last one has no cursor even when it is full/,
    spoil: (right) => ({
      list: async (filter) => {
        const { records } = await right.list(filter);
        const full = records.length === filter.limit;
        return { records, cursor: full ? (records.at(-1)?.id ?? null) : null };
      },
    }),
  },
  {
    rule: 'ids are in the order of a locale',
    noticed: /in the order of their ids by code point/,
    spoil: (right) => ({
      list: async (filter) => {
        const { records, cursor } = await right.list(filter);
        return { records: records.toSorted((a, b) => a.id.localeCompare(b.id, 'en')), cursor };
      },
    }),
  },
  {
    rule: 'due is before, not at',
    noticed: /due is at or before/,
    spoil: (right) => ({ dueBefore: (at, limit) => right.dueBefore(at - 1, limit) }),
  },
  {
    rule: 'due is in the order of ids',
    noticed: /the longest due first/,
    spoil: (right) => ({
      dueBefore: async (at, limit) =>
        (await right.dueBefore(at, limit)).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    }),
  },
  {
    rule: 'the journal outlives the record',
    noticed: /one goes with its record/,
    spoil: (right) => {
      const buried = new Map<string, readonly JournalEntry[]>();
      return {
        remove: async (held) => {
          const journal = await right.readJournal(held.id, { after: 0, limit: 100 });
          await right.remove(held);
          buried.set(held.id, journal);
        },
        readJournal: async (id, page) => [
          ...(buried.get(id) ?? []),
          ...(await right.readJournal(id, page)),
        ],
      };
    },
  },
  {
    rule: 'anonymous keys are not unique, as with a NULL in an index',
    noticed: /the anonymous principal has unique keys too/,
    spoil: (right) => ({
      create: (record: NewRecord) =>
        right.create(record.principal === null ? { ...record, key: null } : record),
    }),
  },
  {
    rule: 'the token is a counter',
    noticed: /at least 64 random bits/,
    spoil: (right) => {
      let count = 0;
      const counted = (record: SessionRecord) => ({ ...record, token: `${++count}` });
      return {
        create: async (record: NewRecord) => counted(await right.create(record)),
        commit: async (held, change) =>
          counted(await right.commit(await newest(right, held), change)),
      };
    },
  },
  {
    rule: 'a release does nothing',
    noticed: /a release gives a record up/,
    spoil: () => ({ release: async () => {} }),
  },
  {
    rule: 'reads go on after close',
    noticed: /nothing works after close/,
    spoil: (right) => ({
      load: (id) => right.load(id).catch((error) => (error instanceof StoreError ? null : error)),
    }),
  },
  {
    rule: 'text is cut at a NUL',
    noticed: /JSON comes back as it was given/,
    spoil: (right) => ({
      create: (record: NewRecord) => {
        const text = JSON.stringify(record.session).replaceAll('\\u0000', '');
        return right.create({ ...record, session: JSON.parse(text) });
      },
    }),
  },
];
