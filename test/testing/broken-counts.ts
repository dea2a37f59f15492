import type { NewRecord, Store } from '../../src/store/contract.ts';
import type { Broken } from './spoil.ts';

/** All records of a principal, or of everybody, whatever their state. */
const counted = async (right: Store, principal?: string | null): Promise<number> =>
  (await right.list({ ...(principal === undefined ? {} : { principal }), limit: 1_000 })).records
    .length;

/** Every count is wrong by this much. */
const off = (right: Store, by: () => number): Pick<Store, 'count'> => ({
  count: async (filter) => (await right.count(filter)) + by(),
});

/** The rules about what is counted and which time is the highest, broken one each. */
export const BROKEN_COUNTS: readonly Broken[] = [
  {
    rule: 'a new store counts something',
    noticed: /an empty store counts nothing/,
    spoil: (right) => off(right, () => 1),
  },
  {
    rule: 'the anonymous are everybody',
    noticed: /null counts only the anonymous ones/,
    spoil: (right) => ({
      count: ({ principal }) => right.count(typeof principal === 'string' ? { principal } : {}),
    }),
  },
  {
    rule: 'the anonymous are nobody, as with a NULL in a comparison',
    noticed: /null counts only the anonymous ones/,
    spoil: (right) => ({
      count: async (filter) => (filter.principal === null ? 0 : right.count(filter)),
    }),
  },
  {
    rule: 'tombstones are counted',
    noticed: /every state is counted but the last one/,
    spoil: (right) => ({ count: ({ principal }) => counted(right, principal) }),
  },
  {
    rule: 'what is ending is not counted',
    noticed: /every state is counted but the last one/,
    spoil: (right) => ({
      count: async (filter) => {
        const { records } = await right.list({ ...filter, state: 'terminating', limit: 1_000 });
        return (await right.count(filter)) - records.length;
      },
    }),
  },
  {
    rule: 'the removal of a tombstone counts down',
    noticed: /the removal of a tombstone counts nothing down/,
    spoil: (right) => {
      let buried = 0;
      return {
        ...off(right, () => -buried),
        remove: async (held) => {
          await right.remove(held);
          if (held.state === 'terminated') buried += 1;
        },
      };
    },
  },
  {
    rule: 'a removed record is still counted',
    noticed: /a removed record is not counted/,
    spoil: (right) => {
      let removed = 0;
      return {
        ...off(right, () => removed),
        remove: async (held) => {
          await right.remove(held);
          removed += 1;
        },
      };
    },
  },
  {
    rule: 'a moved record is counted under both ids',
    noticed: /a record that moves to a new id, or changes hands, is counted once/,
    spoil: (right) => {
      let moved = 0;
      return {
        ...off(right, () => moved),
        commit: async (held, change) => {
          const next = await right.commit(held, change);
          if (next.id !== held.id) moved += 1;
          return next;
        },
      };
    },
  },
  {
    rule: 'what was refused is counted',
    noticed: /what was refused is not counted/,
    spoil: (right) => {
      let refused = 0;
      return {
        ...off(right, () => refused),
        create: (record: NewRecord) =>
          right.create(record).catch((error) => {
            refused += 1;
            throw error;
          }),
      };
    },
  },
  {
    rule: 'a sign of life is answered with itself',
    noticed: /the first sign that a process lives finds none/,
    spoil: (right) => ({
      alive: async (at) => {
        await right.alive(at);
        return at;
      },
    }),
  },
  {
    rule: 'the last sign of life counts, not the highest',
    noticed: /which a lower one does not lower/,
    spoil: () => {
      let last: number | null = null;
      return {
        alive: async (at) => {
          const before = last;
          last = at;
          return before;
        },
      };
    },
  },
  {
    rule: 'a sign of life is a record',
    noticed: /it touches no record/,
    spoil: (right) => ({
      alive: async (at) => {
        const [some] = (await right.list({ limit: 1 })).records;
        if (some !== undefined) await right.commit(some, { state: 'active' });
        return right.alive(at);
      },
    }),
  },
];
