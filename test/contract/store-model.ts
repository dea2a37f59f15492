import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SessionState } from '../../machines/index.ts';
import type { JournalEntry, NewRecord, SessionRecord, Store } from '../../src/store/contract.ts';
import { storedSession } from '../../src/testing/store-contract/case.ts';
import type { OpenedStore } from '../../src/testing/store-contract.ts';

const IDS = ['a', 'b', 'c', 'd'];
const PRINCIPALS = [null, 'p', 'q'];
const STATES: readonly SessionState[] = ['active', 'idle', 'terminated'];

/** `held` picks one of all records the store ever answered with, so most of them are stale. */
type Step =
  | { op: 'create'; id: string; principal: string | null; key: string | null; at: number | null }
  | {
      op: 'commit';
      held: number;
      state?: SessionState;
      at?: number | null;
      append: number;
      trimBefore?: number;
      id?: string;
    }
  | { op: 'claim'; id: string; owner: string }
  | { op: 'release' | 'remove'; held: number }
  | { op: 'alive'; at: number };

const at = fc.option(fc.integer({ min: 0, max: 9 }));
const held = fc.nat({ max: 5 });
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    op: fc.constant('create' as const),
    id: fc.constantFrom(...IDS),
    principal: fc.constantFrom(...PRINCIPALS),
    key: fc.constantFrom(null, null, 'k'),
    at,
  }),
  fc.record(
    {
      op: fc.constant('commit' as const),
      held,
      state: fc.constantFrom(...STATES),
      at,
      append: fc.nat({ max: 3 }),
      trimBefore: fc.nat({ max: 9 }),
      id: fc.constantFrom(...IDS),
    },
    { requiredKeys: ['op', 'held', 'append'] },
  ),
  fc.record({
    op: fc.constant('claim' as const),
    id: fc.constantFrom(...IDS),
    owner: fc.constantFrom('p1', 'p2'),
  }),
  fc.record({ op: fc.constantFrom('release' as const, 'remove' as const), held }),
  fc.record({ op: fc.constant('alive' as const), at: fc.integer({ min: -9, max: 9 }) }),
);

/** The contract said in the plainest way: an array that is searched from end to end. */
class Model {
  records: SessionRecord[] = [];
  readonly journals = new Map<string, JournalEntry[]>();
  readonly answered: SessionRecord[] = [];
  readonly alive: number[] = [];

  /** Counted from the newest answer, so that small numbers are often fresh. */
  held(n: number): SessionRecord | undefined {
    return this.answered[this.answered.length - 1 - (n % this.answered.length)];
  }

  isFresh(record: SessionRecord): boolean {
    return this.records.some((one) => one.id === record.id && one.token === record.token);
  }

  put(record: SessionRecord, insteadOf = record.id): void {
    this.records = [...this.records.filter((one) => one.id !== insteadOf), record];
    this.records.sort((a, b) => (a.id < b.id ? -1 : 1));
    this.answered.push(record);
  }

  drop(id: string): void {
    this.records = this.records.filter((one) => one.id !== id);
    this.journals.delete(id);
  }
}

/** Whether another record than `own` keeps this one from being there. */
const isTaken = (model: Model, wanted: Omit<NewRecord, 'session'>, own?: string): boolean =>
  model.records.some(
    (one) =>
      one.id !== own &&
      (one.id === wanted.id ||
        (wanted.key !== null &&
          one.key === wanted.key &&
          one.principal === wanted.principal &&
          one.state !== 'terminated' &&
          wanted.state !== 'terminated')),
  );

const dueAt = (time: number | null): NewRecord['due'] =>
  time === null ? null : { at: time, deadline: 'maxLifetime' };

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const FENCED = 'ERR_HOLDFAST_FENCED';

const create = async (model: Model, store: Store, step: Step & { op: 'create' }) => {
  const { id, principal, key } = step;
  const session = storedSession({ id });
  const columns = { owner: null, state: 'active', due: dueAt(step.at), schema: 1 } as const;
  const given = { id, principal, key, ...columns, session, snapshot: null };
  const taken = isTaken(model, given);
  const made = await store.create(given).catch(codeOf);
  if (taken) return assert.equal(made, 'ERR_HOLDFAST_ALREADY_EXISTS');
  const { token } = made as SessionRecord;
  const expected = { ...given, token, epoch: 1, journalSeq: 0 };
  assert.deepEqual(made, expected);
  model.put(expected);
};

const commit = async (model: Model, store: Store, step: Step & { op: 'commit' }) => {
  const on = model.held(step.held);
  if (on === undefined) return;
  const append = Array.from({ length: step.append }, (_, n) => ({ n }));
  const columns = {
    ...(step.state === undefined ? {} : { state: step.state }),
    ...(step.at === undefined ? {} : { due: dueAt(step.at) }),
    ...(step.id === undefined ? {} : { id: step.id }),
  };
  const trim = step.trimBefore === undefined ? {} : { trimBefore: step.trimBefore };
  const answer = await store.commit(on, { ...columns, ...trim, append }).catch(codeOf);
  if (!model.isFresh(on)) return assert.equal(answer, FENCED);
  const before = model.records.find((one) => one.id === on.id) ?? on;
  if (isTaken(model, { ...before, ...columns }, on.id)) {
    return assert.equal(answer, 'ERR_HOLDFAST_ALREADY_EXISTS');
  }
  const journal = model.journals.get(on.id) ?? [];
  const entries = append.map((data, n) => ({ seq: on.journalSeq + n + 1, epoch: on.epoch, data }));
  const { token, id } = answer as SessionRecord;
  model.journals.delete(on.id);
  model.journals.set(
    id,
    [...journal, ...entries].filter(({ seq }) => seq >= (step.trimBefore ?? 0)),
  );
  const journalSeq = on.journalSeq + entries.length;
  model.put({ ...on, ...columns, token, journalSeq }, on.id);
  assert.deepEqual(answer, model.answered.at(-1));
};

const claim = async (model: Model, store: Store, { id, owner }: Step & { op: 'claim' }) => {
  const answer = await store.claim(id, owner).catch(codeOf);
  const there = model.records.find((one) => one.id === id);
  if (there === undefined) return assert.equal(answer, null);
  if (there.owner !== null && there.owner !== owner) return assert.equal(answer, FENCED);
  const { token } = answer as SessionRecord;
  model.put({ ...there, owner, epoch: there.epoch + 1, token });
};

const letGo = async (model: Model, store: Store, step: Step & { op: 'release' | 'remove' }) => {
  const on = model.held(step.held);
  if (on === undefined) return;
  const answer = await store[step.op](on).catch(codeOf);
  if (!model.isFresh(on)) return assert.equal(answer, FENCED);
  assert.equal(answer, undefined);
  if (step.op === 'remove') return model.drop(on.id);
  const loaded = await store.load(on.id);
  assert.notEqual(loaded?.token, on.token);
  model.put({ ...on, owner: null, token: loaded?.token ?? 'gone' });
};

const noteAlive = async (model: Model, store: Store, { at: noted }: Step & { op: 'alive' }) => {
  const highest = model.alive.toSorted((a, b) => b - a)[0] ?? null;
  assert.equal(await store.alive(noted), highest);
  model.alive.push(noted);
};

const take = (model: Model, store: Store, step: Step): Promise<void> => {
  if (step.op === 'create') return create(model, store, step);
  if (step.op === 'commit') return commit(model, store, step);
  if (step.op === 'claim') return claim(model, store, step);
  if (step.op === 'alive') return noteAlive(model, store, step);
  return letGo(model, store, step);
};

/** Asks the store everything and compares it with the model. */
const compare = async (model: Model, store: Store, time: number): Promise<void> => {
  const all = model.records;
  for (const id of IDS) {
    assert.deepEqual(await store.load(id), all.find((one) => one.id === id) ?? null);
    const journal = await store.readJournal(id, { after: 0, limit: 99 });
    assert.deepEqual(journal, model.journals.get(id) ?? []);
  }
  assert.deepEqual(await store.list({ limit: 99 }), { records: all, cursor: null });
  for (const principal of PRINCIPALS) {
    const own = all.filter((one) => one.principal === principal);
    const found = await store.find(principal, 'k');
    assert.deepEqual(
      found,
      own.find((one) => one.key === 'k' && one.state !== 'terminated') ?? null,
    );
    const living = own.filter((one) => one.state !== 'terminated').length;
    assert.equal(await store.count({ principal }), living);
    const idle = own.filter((one) => one.state === 'idle');
    const page = await store.list({ principal, state: 'idle', limit: 1 });
    assert.deepEqual(page.records, idle.slice(0, 1));
    assert.equal(page.cursor, idle.length > 1 ? idle[0]?.id : null);
  }
  const livingOfAll = all.filter((one) => one.state !== 'terminated').length;
  assert.equal(await store.count({}), livingOfAll);
  const timed = all.flatMap((record) => (record.due === null ? [] : [{ record, ...record.due }]));
  const due = timed.filter((one) => one.at <= time).sort((a, b) => a.at - b.at);
  assert.deepEqual(
    await store.dueBefore(time, 3),
    due.slice(0, 3).map((one) => one.record),
  );
};

/** Whatever is done to a store in whatever order, it answers as the plain model does. */
export const storeModel = (open: () => Promise<OpenedStore>) =>
  fc.asyncProperty(
    fc.array(fc.tuple(STEP, fc.integer({ min: 0, max: 9 })), { maxLength: 40 }),
    async (steps) => {
      const { store, cleanup } = await open();
      const model = new Model();
      try {
        for (const [step, time] of steps) {
          await take(model, store, step);
          await compare(model, store, time);
        }
      } finally {
        await store.close();
        await cleanup?.();
      }
    },
  );
