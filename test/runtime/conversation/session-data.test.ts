import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createMemoryStore,
  InvalidDataError,
  InvalidOptionError,
  LIMITS,
  type RuntimeOptions,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import {
  faultyRuntime,
  noted,
  quietRuntime,
  recordOf,
  rejectionOf,
  standing,
  toldOf,
} from '../fixture.ts';

// A session's data: what its schema makes of it, changed as if one at a time, shown once it is recorded.

const schemaOf = (validate: StandardSchemaV1['~standard']['validate']): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'own', validate },
});
const counter = z.object({ n: z.number().int().default(0), tags: z.array(z.string()).optional() });
const countOf = (data: unknown): number => counter.parse(data).n;
const plusOne = (data: unknown): unknown => ({ n: countOf(data) + 1 });

const begun = async (options: RuntimeOptions = {}) => {
  const world = faultyRuntime({}, { data: counter as StandardSchemaV1, ...options });
  const session = await world.runtime.create({ principal: 'ada', data: { n: 1 } });
  const told = () => toldOf(world.events, session.id).slice(3);
  return { ...world, session, told };
};

test('without a schema, data is any JSON, and {} where none is given', async () => {
  const { runtime } = quietRuntime();
  expect((await runtime.create()).data).toEqual({});
  for (const data of [{ a: [1, null] }, [1], 'text', 0, false, null]) {
    expect((await runtime.create({ data })).data).toEqual(data);
  }
});

test('with one, data is what the schema makes of it, of undefined too', async () => {
  const { runtime } = quietRuntime({ data: counter.default({ n: 7 }) as StandardSchemaV1 });
  expect((await runtime.create()).data).toEqual({ n: 7 });
  expect((await runtime.create({ data: {} })).data).toEqual({ n: 0 });
  const own = schemaOf(async (value) => ({ value: { from: value ?? 'nothing' } }));
  const { runtime: other } = quietRuntime({ data: own });
  expect((await other.create()).data).toEqual({ from: 'nothing' });
  expect((await other.create({ data: 1 })).data).toEqual({ from: 1 });
});

test.each(['at once', 'later'])(
  'a schema that refuses %s leaves nothing of the session',
  async (when) => {
    const calls: string[] = [];
    const issues = [
      { message: 'must be a name', path: ['user', { key: 'name' }, 0] },
      { message: 'is all wrong' },
    ];
    const { clock, runtime, events } = quietRuntime({
      data: schemaOf(() => (when === 'later' ? Promise.resolve({ issues }) : { issues })),
      maxResident: 1,
      store: noted(createMemoryStore(), calls),
    });
    const pending = clock.pending;
    for (let times = 0; times < 2; times++) {
      const error = await rejectionOf(runtime.create({ principal: 'ada', data: {} }));
      expect(error).toBeInstanceOf(InvalidDataError);
      expect(error).toMatchObject({
        message: expect.stringContaining('user.name.0: must be a name; is all wrong'),
        issues: [
          { message: 'must be a name', path: 'user.name.0' },
          { message: 'is all wrong', path: '' },
        ],
      });
    }
    expect(runtime.stats()).toMatchObject({ resident: 0, created: 0, ended: {} });
    expect([events, calls]).toEqual([[], []]);
    expect(clock.pending).toBe(pending);
  },
);

test('a schema that throws rejects create with that, and leaves nothing', async () => {
  const own = schemaOf(() => {
    throw new RangeError('a bug');
  });
  const { runtime } = quietRuntime({ data: own, maxResident: 1 });
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(RangeError);
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(RangeError);
  expect(runtime.stats().resident).toBe(0);
});

test.each([
  ['a function', { f: () => 1 }],
  ['a Date', { at: new Date(0) }],
  ['nothing', undefined],
  ['more than 256 KiB', { text: 'é'.repeat(LIMITS.dataBytes / 2) }],
])('%s is no data, whatever the schema says', async (_, value) => {
  const { runtime } = quietRuntime({ data: schemaOf(() => ({ value })) });
  const error = await rejectionOf(runtime.create());
  expect(error).toBeInstanceOf(InvalidDataError);
  expect(error).toMatchObject({ issues: [{ path: '', message: expect.any(String) }] });
});

test('as much as 256 KiB of UTF-8 JSON is allowed', async () => {
  const { runtime } = quietRuntime();
  const most = 'é'.repeat(LIMITS.dataBytes / 2 - 1);
  expect((await runtime.create({ data: most })).data).toBe(most);
  expect(await rejectionOf(runtime.create({ data: `${most}x` }))).toBeInstanceOf(InvalidDataError);
});

test('data is frozen all through, and shared with nobody', async () => {
  const { runtime } = quietRuntime();
  const given = { list: [{ n: 1 }] };
  const session = await runtime.create({ data: given });
  given.list.push({ n: 2 });
  expect(session.data).toEqual({ list: [{ n: 1 }] });
  const returned = { list: [{ n: 3 }] };
  const updated = await session.update(() => returned);
  returned.list.push({ n: 4 });
  expect([updated, session.data]).toEqual([{ list: [{ n: 3 }] }, { list: [{ n: 3 }] }]);
  const { list } = session.data as typeof given;
  for (const part of [session.data, list, list[0]]) expect(Object.isFrozen(part)).toBe(true);
});

test('an update is given the newest data, is recorded, told and shown', async () => {
  const { session, told, memory } = await begun();
  expect(await session.update(plusOne)).toEqual({ n: 2 });
  expect(await session.update(async (data) => plusOne(data))).toEqual({ n: 3 });
  expect(session.data).toEqual({ n: 3 });
  expect((await recordOf(memory, session.id)).session.data).toEqual({ n: 3 });
  expect(told()).toEqual(['updated', 'updated']);
});

test('an update is shown only once it is recorded; the next one builds on it all the same', async () => {
  const { clock, session, store, told } = await begun();
  store.break('stall');
  const updates = [session.update(plusOne), session.update(plusOne)];
  expect((await standing(clock, updates[0] ?? Promise.resolve())).is).toBe('pending');
  expect([session.data, told()]).toEqual([{ n: 1 }, []]);
  const shown: unknown[] = [];
  session.subscribe(() => shown.push(session.data));
  store.heal();
  expect(await Promise.all(updates)).toEqual([{ n: 2 }, { n: 3 }]);
  expect([session.data, told()]).toEqual([{ n: 3 }, ['updated', 'updated']]);
  expect(shown).toEqual([{ n: 2 }, { n: 3 }]);
});

test('a commit that fails is told to the caller; the change stands, and is recorded later', async () => {
  const { clock, session, store, memory, told } = await begun();
  store.break('fail');
  const error = await rejectionOf(session.update(plusOne));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ durable: false, retryable: true });
  expect([session.data, told()]).toEqual([{ n: 1 }, []]);
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect([session.data, told()]).toEqual([{ n: 2 }, ['updated']]);
  expect((await recordOf(memory, session.id)).session.data).toEqual({ n: 2 });
});

test('an answer that was lost: the update is in, once', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), {
    clock,
    random: () => 0.5,
    only: (method) => method === 'commit',
  });
  const { runtime } = quietRuntime({ store }, clock);
  const session = await runtime.create({ data: { n: 1 } });
  store.break('lose-answer');
  expect(await session.update(plusOne)).toEqual({ n: 2 });
  expect(session.data).toEqual({ n: 2 });
});

test('what the change throws, or the schema refuses, changes nothing', async () => {
  const { session, store, told } = await begun();
  const { calls } = store;
  const oops = new Error('oops');
  const throwing = () => {
    throw oops;
  };
  expect(await rejectionOf(session.update(throwing))).toBe(oops);
  expect(await rejectionOf(session.update(async () => throwing()))).toBe(oops);
  const refused = await rejectionOf(session.update(() => ({ n: 'x' })));
  expect(refused).toMatchObject({ issues: [{ path: 'n', message: expect.any(String) }] });
  expect(refused).toBeInstanceOf(InvalidDataError);
  const nothing = await rejectionOf(session.update(null as unknown as () => unknown)); // Wrong on purpose.
  expect(nothing).toBeInstanceOf(InvalidOptionError);
  expect([session.data, told(), store.calls]).toEqual([{ n: 1 }, [], calls]);
});

test('a change cannot change what it is given', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create({ data: { list: [1] } });
  const meddling = (data: unknown): unknown => {
    (data as { list: number[] }).list.push(2);
    return data;
  };
  expect(await rejectionOf(session.update(meddling))).toBeInstanceOf(TypeError);
  expect(session.data).toEqual({ list: [1] });
});

test('an update is activity, and allowed when paused', async () => {
  const { clock, session } = await begun();
  await clock.advance(10_000);
  expect(session.state).toBe('idle');
  await session.update(plusOne);
  expect(session.state).toBe('active');
  await session.pause();
  await session.update(plusOne);
  expect([session.state, session.data]).toEqual(['paused', { n: 3 }]);
});

test('an update that the end overtakes changes nothing; after the end there is none', async () => {
  const { session, runtime, memory } = await begun();
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = rejectionOf(session.update((data) => gate.then(() => plusOne(data))));
  const end = session.terminate();
  go();
  expect(await slow).toBeInstanceOf(SessionTerminatedError);
  await end;
  let called = false;
  const late = session.update((data) => {
    called = true;
    return data;
  });
  expect(await rejectionOf(late)).toBeInstanceOf(SessionTerminatedError);
  expect(called).toBe(false);
  const tombstone = await runtime.get(session.id);
  expect([session.data, tombstone.data]).toEqual([{ n: 1 }, { n: 1 }]);
  expect(await rejectionOf(tombstone.update(plusOne))).toBeInstanceOf(SessionTerminatedError);
  expect((await recordOf(memory, session.id)).session.data).toEqual({ n: 1 });
});

test('work can change the data of its session, and sees the change', async () => {
  const { session } = await begun();
  const seen = await session.run('count', async (context) => {
    await context.session.update(plusOne);
    return context.session.data;
  });
  expect(seen).toEqual({ n: 2 });
});

test('a schema that makes nothing of no data says that none was given', async () => {
  const schema = schemaOf((value) =>
    value === undefined ? { issues: [{ message: 'expected object' }] } : { value },
  );
  const { runtime } = quietRuntime({ data: schema });
  const error = await rejectionOf(runtime.create());
  expect(error).toBeInstanceOf(InvalidDataError);
  expect((error as InvalidDataError).message).toMatch(/no `data` was given.*expected object/);
});
