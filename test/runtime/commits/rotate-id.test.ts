import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  createMemoryStore,
  Fenced,
  SessionNotFoundError,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import {
  crashingOn,
  faultyRuntime,
  openRuntime,
  recordOf,
  rejectionOf,
  standing,
  TICK,
  toldOf,
} from '../fixture.ts';

// A new id, once it is recorded; the old one is unknown from then on, to everybody.

test('the new id finds the session, the old one finds nothing, and references go on', async () => {
  const store = createMemoryStore();
  const { runtime, events, context } = openRuntime({ store });
  const session = await runtime.getOrCreate({ principal: 'ada', key: 'k' });
  const old = session.id;
  const heard: string[] = [];
  session.subscribe(({ type, id }) => heard.push(`${type} ${id}`));
  const id = await session.rotateId();
  expect(id).toMatch(/^ses_/);
  expect(id).not.toBe(old);
  expect(session.id).toBe(id);
  expect(heard).toEqual([`session.rotated ${id}`]);
  expect(toldOf(events, id)).toEqual(['rotated']);
  expect(await rejectionOf(runtime.get(old))).toBeInstanceOf(SessionNotFoundError);
  expect(await rejectionOf(runtime.terminate(old))).toBeInstanceOf(SessionNotFoundError);
  expect((await runtime.as('ada').get(id)).id).toBe(id);
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).id).toBe(id);
  expect((await runtime.list()).sessions.map((one) => one.id)).toEqual([id]);
  expect(await store.load(old)).toBeNull();
  expect(session.actor.id).toBe(old);
  await session.pause();
  await session.resume();
  await session.touch();
  expect(await session.run('x', () => 1)).toBe(1);
  expect((await recordOf(store, id)).state).toBe('active');
  await session.terminate();
  expect((await recordOf(store, id)).session.reason).toBe('client');
  expect([context.hosts.size, context.registry.size, context.keyed.size]).toEqual([0, 0, 0]);
  expect([context.rotated.size, context.wheel.size]).toEqual([0, 0]);
});

test('what is told carries the number that follows, under the new id', async () => {
  const { runtime, events } = openRuntime();
  const session = await runtime.create();
  const old = session.id;
  const id = await session.rotateId();
  await session.pause();
  const seqs = (one: string) =>
    events.flatMap((event) => ('seq' in event && event.id === one ? [event.seq] : []));
  expect([seqs(old), seqs(id)]).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

test('the id moves only once it is recorded', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [20, 20] });
  const made = runtime.create();
  await clock.advance(20);
  const session = await made;
  const old = session.id;
  const rotated = session.rotateId();
  await clock.advance(19);
  expect(session.id).toBe(old);
  expect((await runtime.get(old)).state).toBe('active');
  await clock.advance(1);
  expect(await rotated).toBe(session.id);
});

test('rotateId ‖ get: an old reference stays good, and a late look finds nothing under the old id', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [20, 20] });
  const made = runtime.create({ principal: 'ada' });
  await clock.advance(20);
  const session = await made;
  const old = session.id;
  const rotated = session.rotateId();
  const found = await runtime.get(old);
  // Another principal's look goes to the store, and is answered after the id has moved.
  const stranger = rejectionOf(runtime.as('bob').get(old));
  await clock.advance(40);
  expect(found.id).toBe(await rotated);
  expect(await stranger).toBeInstanceOf(SessionNotFoundError);
  const late = rejectionOf(runtime.as('ada').get(old));
  await clock.advance(40);
  expect(await late).toBeInstanceOf(SessionNotFoundError);
});

test('the conversation goes along, and is read right while the id moves', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [20, 20] });
  const done = async <T>(call: Promise<T>): Promise<T> => {
    await clock.advance(100);
    return call;
  };
  const session = await done(runtime.create());
  await done(session.append({ role: 'user', content: 'hello' }));
  const before = session.messages();
  const rotated = session.rotateId();
  const during = session.messages();
  await clock.advance(200);
  await rotated;
  const after = session.messages();
  await clock.advance(100);
  for (const page of await Promise.all([before, during, after])) {
    expect(page.messages.map(({ content }) => content)).toEqual(['hello']);
  }
});

test('two at once get the same new id; one after the other get two', async () => {
  const { runtime } = openRuntime();
  const session = await runtime.create();
  const [first, second] = await Promise.all([session.rotateId(), session.rotateId()]);
  expect(first).toBe(second);
  expect(await session.rotateId()).not.toBe(first);
});

test.each(['fail', 'lose-request'] as const)(
  '%s: StoreError, nothing is changed, and nothing is tried again',
  async (fault) => {
    const { clock, runtime, store, memory, events } = faultyRuntime({
      only: (method) => method === 'commit',
    });
    const session = await runtime.create();
    const old = session.id;
    store.break(fault);
    expect(await rejectionOf(session.rotateId())).toBeInstanceOf(StoreError);
    store.heal();
    await clock.advance(1_000);
    expect(session.id).toBe(old);
    expect((await recordOf(memory, old)).state).toBe('active');
    expect((await memory.list({ limit: 9 })).records).toHaveLength(1);
    expect(toldOf(events, old)).not.toContain('rotated');
    expect(await session.rotateId()).not.toBe(old);
  },
);

test('a lost answer is looked for under both ids, and found to be done', async () => {
  const { runtime, store, memory } = faultyRuntime({ only: (method) => method === 'commit' });
  const session = await runtime.create();
  const old = session.id;
  store.break('lose-answer');
  const id = await session.rotateId();
  expect(session.id).toBe(id);
  store.heal();
  await session.pause();
  expect((await recordOf(memory, id)).state).toBe('paused');
  expect(await memory.load(old)).toBeNull();
});

test('a lost answer, and the store cannot be asked: StoreError, and the old id is put back', async () => {
  const { clock, runtime, store, memory } = faultyRuntime({
    only: (method) => method === 'commit' || method === 'load',
  });
  const session = await runtime.create();
  const old = session.id;
  store.break('lose-answer');
  expect(await rejectionOf(session.rotateId())).toBeInstanceOf(StoreError);
  expect(session.id).toBe(old);
  expect(await memory.load(old)).toBeNull();
  expect(await rejectionOf(session.messages())).toBeInstanceOf(StoreError);
  store.heal();
  await clock.advance(1_000);
  expect((await recordOf(memory, old)).state).toBe('active');
  expect((await memory.list({ limit: 9 })).records).toHaveLength(1);
  expect((await session.messages()).messages).toEqual([]);
  expect(await session.rotateId()).not.toBe(old);
  await session.terminate();
  expect((await memory.list({ limit: 9 })).records).toHaveLength(1);
});

test('a lost answer, then the end: one record, ended, under the id that callers know', async () => {
  const { clock, runtime, store, memory } = faultyRuntime();
  const session = await runtime.create();
  const old = session.id;
  store.break('lose-answer');
  await rejectionOf(session.rotateId());
  session.terminate().catch(() => undefined);
  await clock.settle();
  store.heal();
  await clock.advance(1_000);
  const { records } = await memory.list({ limit: 9 });
  expect(records.map(({ id, state }) => [id, state])).toEqual([[old, 'terminated']]);
  expect((await runtime.get(old)).info().reason).toBe('client');
});

test('rotateId ‖ terminate: the end that is decided first wins, whichever way', async () => {
  const { clock, runtime, memory } = faultyRuntime({ delayMs: [20, 20] });
  const made = Promise.all([runtime.create(), runtime.create()]);
  await clock.advance(20);
  const [one, other] = await made;
  const rotated = one.rotateId();
  const ended = one.terminate();
  await clock.advance(100);
  expect(await ended).toBe('client');
  expect((await recordOf(memory, await rotated)).state).toBe('terminated');
  expect(one.id).toBe(await rotated);

  const old = other.id;
  const over = other.terminate();
  expect(await rejectionOf(other.rotateId())).toBeInstanceOf(SessionTerminatedError);
  await clock.advance(100);
  await over;
  expect((await recordOf(memory, old)).state).toBe('terminated');
});

test('rotateId that waits for its turn, and the end comes first: SessionTerminatedError, and the id stays', async () => {
  const { clock, runtime, memory } = faultyRuntime({ delayMs: [20, 20] });
  const made = runtime.create();
  await clock.advance(20);
  const session = await made;
  const old = session.id;
  const paused = session.pause();
  const refusal = rejectionOf(session.rotateId());
  const ended = session.terminate();
  await clock.advance(100);
  await paused;
  expect(await refusal).toBeInstanceOf(SessionTerminatedError);
  expect(await ended).toBe('client');
  expect((await memory.list({ limit: 9 })).records.map(({ id }) => id)).toEqual([old]);
});

test('rotateId with pause and append at once: all of it is recorded under the new id', async () => {
  const { clock, runtime, memory, events } = faultyRuntime({ delayMs: [20, 20] });
  const made = runtime.create();
  await clock.advance(20);
  const session = await made;
  const all = Promise.all([
    session.append({ role: 'user', content: 'a' }),
    session.pause(),
    session.rotateId(),
    session.append({ role: 'user', content: 'b' }),
  ]);
  await clock.advance(200);
  const [, , id] = await all;
  expect(await recordOf(memory, id)).toMatchObject({ state: 'paused', journalSeq: 2 });
  expect(toldOf(events, id)[0]).toBe('rotated');
  expect((await memory.list({ limit: 9 })).records).toHaveLength(1);
});

test('an actor that crashes after its session got a new id ends that session', async () => {
  const { clock, context, runtime, events } = openRuntime({}, crashingOn('session.pause'));
  const session = await runtime.create({ principal: 'mallory' });
  const id = await session.rotateId();
  await rejectionOf(session.pause());
  await clock.settle();
  expect(session.info().reason).toBe('crashed');
  expect(toldOf(events, id).at(-1)).toBe('ended:crashed');
  expect([context.hosts.size, context.rotated.size, context.registry.size]).toEqual([0, 0, 0]);
});

test('an id that was given up is not given to another while its session lives', async () => {
  const { runtime } = openRuntime();
  const session = await runtime.create();
  const old = session.id;
  await session.rotateId();
  expect(await rejectionOf(runtime.create({ id: old }))).toBeInstanceOf(AlreadyExistsError);
  await session.terminate();
  expect((await runtime.create({ id: old })).state).toBe('active');
});

test('a rotation that another owner won is Fenced, and deadlines hold under a new id', async () => {
  const { clock, runtime, memory } = faultyRuntime();
  const lost = await runtime.create();
  await memory.release(await recordOf(memory, lost.id));
  expect(await rejectionOf(lost.rotateId())).toBeInstanceOf(Fenced);
  const session = await runtime.create({ beats: 'off' });
  await session.rotateId();
  await clock.advance(10_000 + TICK);
  expect(session.state).toBe('idle');
  await clock.advance(60_000);
  expect(session.info().reason).toBe('idle-timeout');
  expect((await standing(clock, runtime.get(session.id))).is).toBe('resolved');
});
