import { expect, test } from 'vitest';
import { OutcomeUnknown, StoreError } from '../../../src/errors.ts';
import { LIMITS } from '../../../src/limits.ts';
import type { NewRecord, SessionRecord } from '../../../src/store/contract.ts';
import { type Answer, type Call, NotSent, type Thread } from '../../../src/store/sqlite/calls.ts';
import { SqliteStore } from '../../../src/store/sqlite/store.ts';
import { newRecord, storedSession } from '../../../src/testing/store-contract/case.ts';
import { HandThread, rowOf, turn } from './hand-thread.ts';

const begun = (pause: () => Promise<void> = async () => {}) => {
  const thread = new HandThread();
  return { thread, store: new SqliteStore(thread, pause) };
};

const held: SessionRecord = {
  ...newRecord('a'),
  token: 't',
  epoch: 1,
  journalSeq: 0,
};

const ops = (groups: readonly (readonly Call[])[]) =>
  groups.map((group) => group.map(({ op }) => op));

test('what is asked in one turn goes together, in its order', async () => {
  const { thread, store } = begun();
  const answers = [store.load('a'), store.create(newRecord('b')), store.count({})];
  expect(thread.groups).toEqual([]);
  await turn();
  expect(ops(thread.groups)).toEqual([['load', 'create', 'count']]);
  await thread.done();
  expect((await Promise.all(answers)).length).toBe(3);
});

test('two groups are under way at most; what is asked meanwhile goes together when one is back', async () => {
  const { thread, store } = begun();
  const answers: Promise<unknown>[] = [];
  for (let n = 0; n < 10; n++) {
    answers.push(store.load(`s${n}`));
    await turn();
  }
  expect(thread.groups.map((group) => group.length)).toEqual([1, 1]);
  await thread.done();
  expect(thread.groups.map((group) => group.length)).toEqual([1, 1, 8]);
  expect(thread.underWay).toBe(2);
  await thread.done(2);
  await Promise.all(answers);
});

test('a group has a bounded number of calls', async () => {
  const { thread, store } = begun();
  const answers = Array.from({ length: 300 }, (_, n) => store.load(`s${n}`));
  await turn();
  while (thread.underWay > 0) await thread.done();
  await Promise.all(answers);
  expect(LIMITS.storeGroupCalls).toBe(128);
  expect(thread.groups.map((group) => group.length)).toEqual([128, 128, 44]);
  const ids = thread.groups.flat().map((call) => 'id' in call && call.id);
  expect(ids).toEqual(Array.from({ length: 300 }, (_, n) => `s${n}`));
});

test('a group has a bounded size, and what is larger goes alone', async () => {
  const { thread, store } = begun();
  const mebibyte = 1024 * 1024;
  const sized = (id: string, mebibytes: number): Promise<unknown> =>
    store.create(newRecord(id, { snapshot: 'x'.repeat(mebibytes * mebibyte) }));
  const appended = (mebibytes: number) =>
    store.commit(held, { append: ['x'.repeat(mebibytes * mebibyte)] });
  const answers = [sized('a', 3), sized('b', 2), appended(1), sized('c', 5), store.load('d')];
  await turn();
  while (thread.underWay > 0) await thread.done();
  await Promise.all(answers);
  expect(ops(thread.groups)).toEqual([['create'], ['create', 'commit'], ['create'], ['load']]);
});

test('answers come in the order of the calls, also where a later group is back first', async () => {
  const waiting: ((answers: readonly Answer[]) => void)[] = [];
  const thread: Thread = {
    send: () => new Promise((resolve) => waiting.push(resolve)),
    close: async () => {},
  };
  const store = new SqliteStore(thread, async () => {});
  const told: string[] = [];
  void store.load('first').then(() => told.push('first'));
  await turn();
  void store.load('second').then(() => told.push('second'));
  await turn();
  waiting[1]?.([{ value: rowOf('second') }]);
  await turn();
  expect(told).toEqual([]);
  waiting[0]?.([{ value: rowOf('first') }]);
  await turn();
  expect(told).toEqual(['first', 'second']);
});

test('long answers are given out in bursts, with a pause between them', async () => {
  let pauses = 0;
  const { thread, store } = begun(async () => {
    pauses += 1;
  });
  const long = JSON.stringify({ text: 'x'.repeat(400_000) });
  thread.answer = (call) => ({ value: { ...rowOf('id' in call ? call.id : ''), snapshot: long } });
  const answers = Array.from({ length: 10 }, (_, n) => store.load(`s${n}`));
  await turn();
  await thread.done();
  expect((await Promise.all(answers)).map((record) => record?.id)).toEqual(
    Array.from({ length: 10 }, (_, n) => `s${n}`),
  );
  expect(pauses).toBe(4);
});

test('short answers need no pause', async () => {
  let pauses = 0;
  const { thread, store } = begun(async () => {
    pauses += 1;
  });
  const answers = Array.from({ length: 128 }, (_, n) => store.load(`s${n}`));
  await turn();
  await thread.done();
  await Promise.all(answers);
  expect(pauses).toBe(0);
});

test('data that JSON cannot carry is refused before anything is sent', async () => {
  const { thread, store } = begun();
  const dated = { ...storedSession(), metadata: { at: new Date(0) } };
  const invalid = { code: 'ERR_HOLDFAST_INVALID_OPTION' };
  await expect(store.create(newRecord('a', { session: dated }))).rejects.toMatchObject(invalid);
  await expect(store.create(newRecord('a', { snapshot: () => {} }))).rejects.toMatchObject(invalid);
  await expect(store.commit(held, { append: ['a', Number.NaN] })).rejects.toMatchObject(invalid);
  await expect(store.commit(held, { session: dated })).rejects.toMatchObject(invalid);
  await turn();
  expect(thread.groups).toEqual([]);
});

test('what comes back is frozen all through, whether it was given or loaded', async () => {
  const { thread, store } = begun();
  const due = { at: 5, deadline: 'maxLifetime' } as const;
  thread.answer = (call) =>
    call.op === 'readJournal'
      ? { value: [{ seq: 1, epoch: 1, data: '{"deep":[{"n":1}]}' }] }
      : { value: { ...rowOf('a'), due, snapshot: '{"deep":[{"n":1}]}' } };
  const loading = store.load('a');
  const reading = store.readJournal('a', { after: 0, limit: 1 });
  await turn();
  await thread.done();
  const record = await loading;
  const [entry] = await reading;
  const deep = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(deep));
  expect([record, entry].every(deep)).toBe(true);
  expect(record?.snapshot).toEqual({ deep: [{ n: 1 }] });
});

const failing = (code: number | null, message: string, unknown = false): Answer => ({
  failed: { code, message, unknown },
});

test.each([
  [failing(13, 'database or disk is full'), 'The store failed: the disk is full.', true],
  [failing(10, 'disk I/O error'), 'The store failed: SQLite says "disk I/O error".', true],
  [failing(null, 'odd'), 'The store failed: SQLite says "odd".', true],
  [failing(11, 'malformed'), 'The store failed: SQLite says "malformed".', false],
])('%j is a StoreError that says it', async (answer, message, retryable) => {
  const { thread, store } = begun();
  thread.answer = () => answer;
  const asked: Promise<unknown> = store.commit(held, {}).catch((error) => error);
  await turn();
  await thread.done();
  const error = await asked;
  expect(error).toBeInstanceOf(StoreError);
  const { code = null, message: said = '' } = 'failed' in answer ? answer.failed : {};
  expect(error).toMatchObject({ message, retryable, cause: { code, message: said } });
});

test('a transaction of which nobody knows whether it is durable is OutcomeUnknown', async () => {
  const { thread, store } = begun();
  thread.answer = () => failing(10, 'disk I/O error', true);
  const asked: Promise<unknown> = store.commit(held, {}).catch((error) => error);
  await turn();
  await thread.done();
  expect(await asked).toBeInstanceOf(OutcomeUnknown);
  expect(await asked).toMatchObject({
    message: 'The outcome of the call `commit` is unknown.',
    cause: { code: 10, message: 'disk I/O error' },
  });
});

test.each([
  ['fenced', 'ERR_HOLDFAST_FENCED', 'Another owner or commit won the session a.'],
  ['id-taken', 'ERR_HOLDFAST_ALREADY_EXISTS', 'The session id exists already.'],
  ['key-taken', 'ERR_HOLDFAST_ALREADY_EXISTS', "The session's key exists already."],
] as const)('refused as %s', async (refused, code, message) => {
  const { thread, store } = begun();
  thread.answer = () => ({ refused });
  const asked: Promise<unknown> = store.commit(held, {}).catch((error) => error);
  await turn();
  await thread.done();
  expect(await asked).toMatchObject({ code, message });
});

const asked = (calls: readonly Promise<unknown>[]): Promise<unknown[]> =>
  Promise.all(calls.map((call) => call.catch((error) => error)));

test('a thread that is gone: writes under way are in doubt, all else was not done, and nothing works', async () => {
  const { thread, store } = begun();
  const underWay = asked([store.load('a'), store.commit(held, {}), store.alive(1)]);
  await turn();
  const second = asked([store.create(newRecord('b') as NewRecord)]);
  await turn();
  const waiting = asked([store.create(newRecord('c')), store.count({})]);
  await turn();
  expect(thread.underWay).toBe(2);
  const gone = new Error('it went');
  await thread.done(2, gone);
  const dead = { code: 'ERR_HOLDFAST_STORE', retryable: false, cause: gone };
  const unknown = { code: 'ERR_HOLDFAST_OUTCOME_UNKNOWN', retryable: true, cause: gone };
  expect(await underWay).toMatchObject([dead, unknown, unknown]);
  expect(await second).toMatchObject([unknown]);
  expect(await waiting).toMatchObject([dead, dead]);
  const [later] = await asked([store.load('a')]);
  expect(later).toMatchObject({
    ...dead,
    message: 'The store failed: its thread has ended: restart the process.',
  });
  expect(thread.groups.length).toBe(2);
  await store.close();
  expect(thread.closes).toBe(1);
});

test('what cannot cross to the thread was not done, and the store goes on', async () => {
  const { thread, store } = begun();
  const notSent = asked([store.load('a'), store.commit(held, {}), store.alive(1)]);
  await turn();
  const next = store.load('b');
  await turn();
  const cause = new Error('it cannot be cloned');
  await thread.done(1, new NotSent(cause));
  const refused = {
    code: 'ERR_HOLDFAST_STORE',
    retryable: false,
    message: 'The store failed: what was asked cannot be sent to its thread.',
    cause,
  };
  expect(await notSent).toMatchObject([refused, refused, refused]);
  await thread.done();
  expect((await next)?.id).toBe('b');
  const later = store.load('c');
  await turn();
  await thread.done();
  expect((await later)?.id).toBe('c');
});

test('close answers what was asked before, closes the thread once, and lets nothing in', async () => {
  const { thread, store } = begun();
  const answers = Array.from({ length: 300 }, (_, n) => store.load(`s${n}`));
  const closing = store.close();
  expect(store.close()).toBe(closing);
  const [late] = await asked([store.load('late')]);
  expect(late).toMatchObject({
    code: 'ERR_HOLDFAST_STORE',
    retryable: false,
    message: 'The store failed: it is closed.',
  });
  expect(thread.closes).toBe(0);
  await turn();
  while (thread.underWay > 0) await thread.done();
  await closing;
  expect((await Promise.all(answers)).length).toBe(300);
  expect(thread.closes).toBe(1);
  expect(thread.groups.flat().length).toBe(300);
});
