import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  CapacityError,
  createMemoryStore,
  createRuntime,
  ForbiddenError,
  InitializeError,
  InvalidOptionError,
  mintSessionId,
  StoreError,
} from '../../../src/index.ts';
import { keyName } from '../../../src/runtime/admission/key-index.ts';
import { checkedCreate } from '../../../src/runtime/create-options.ts';
import type { SessionHost } from '../../../src/runtime/host.ts';
import { createSession } from '../../../src/runtime/lifecycle/create-session.ts';
import { terminate } from '../../../src/runtime/lifecycle/lifecycle.ts';
import { letGo } from '../../../src/runtime/lifecycle/retire.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import {
  faultyRuntime,
  noted,
  openRuntime,
  quietRuntime,
  rejectionOf,
  standing,
} from '../fixture.ts';

// A principal's session of a key: one, however many ask at once, for as long as it has not ended.

test('getOrCreate × 50: one session is made, and all get it', async () => {
  const calls: string[] = [];
  const { runtime, context } = openRuntime({ store: noted(createMemoryStore(), calls) });
  const asked = Array.from({ length: 50 }, () =>
    runtime.getOrCreate({ principal: 'ada', key: 'k' }),
  );
  const sessions = await Promise.all(asked);
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(1);
  expect(calls.filter((name) => name === 'create')).toHaveLength(1);
  expect(runtime.stats()).toMatchObject({ resident: 1, created: 1 });
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).id).toBe(sessions[0]?.id);
  expect(sessions[0]?.info().key).toBe('k');
  expect(context.keyed.size).toBe(1);
});

test('a key is the principal’s own, and the application’s where there is none', async () => {
  const { runtime } = quietRuntime();
  const keys = [
    { principal: 'ada', key: 'k' },
    { principal: 'bob', key: 'k' },
    { principal: null, key: 'k' },
    { principal: 'ada', key: 'K' },
    { principal: 'null', key: 'k' },
    { principal: 'ada","k', key: 'x' },
    { principal: 'ada', key: 'k","x' },
  ];
  const made = await Promise.all(keys.map((one) => runtime.getOrCreate(one)));
  expect(new Set(made.map(({ id }) => id)).size).toBe(keys.length);
  expect(new Set(keys.map(({ principal, key }) => keyName(principal, key))).size).toBe(keys.length);
  for (const [n, one] of keys.entries()) {
    expect((await runtime.getOrCreate(one)).id).toBe(made[n]?.id);
  }
});

test('what the second caller gives besides the key is not looked at', async () => {
  const { runtime } = quietRuntime();
  const first = await runtime.getOrCreate({ principal: 'ada', key: 'k', metadata: { n: 1 } });
  const again = await runtime.getOrCreate({ principal: 'ada', key: 'k', metadata: { n: 2 } });
  expect(again.info().metadata).toEqual({ n: 1 });
  const once = { principal: 'ada', idempotencyKey: 'k' };
  const made = await runtime.create(once);
  expect((await runtime.create({ ...once, id: mintSessionId() })).id).toBe(made.id);
  expect(made.id).not.toBe(first.id);
  expect([first.info().key, made.info().key]).toEqual(['k', null]);
});

test('a session of a key is given out paused too, and to be asked for is no activity', async () => {
  const { clock, runtime } = quietRuntime();
  const session = await runtime.getOrCreate({ principal: 'ada', key: 'k', beats: 'off' });
  await clock.advance(11_000);
  await runtime.getOrCreate({ principal: 'ada', key: 'k' });
  expect(session.state).toBe('idle');
  await session.pause();
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).state).toBe('paused');
});

test('getOrCreate ‖ terminate: the end is waited for, and one new session is made after it', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [20, 20] });
  const made = runtime.getOrCreate({ principal: 'ada', key: 'k' });
  await clock.advance(100);
  const first = await made;
  const ended = first.terminate();
  const asked = Promise.all(
    [1, 2, 3].map(() => runtime.getOrCreate({ principal: 'ada', key: 'k' })),
  );
  await clock.advance(19);
  expect((await standing(clock, asked)).is).toBe('pending');
  await clock.advance(100);
  expect(await ended).toBe('client');
  const ids = new Set((await asked).map(({ id }) => id));
  expect(ids.size).toBe(1);
  expect(ids.has(first.id)).toBe(false);
  expect(runtime.stats()).toMatchObject({ resident: 1, created: 2 });
});

test('getOrCreate ‖ an end that cannot be recorded: StoreError, and a new one once it is', async () => {
  const { clock, runtime, store } = faultyRuntime({ only: (method) => method === 'commit' });
  const first = await runtime.getOrCreate({ principal: 'ada', key: 'k' });
  store.break('fail');
  first.terminate().catch(() => undefined);
  expect(await rejectionOf(runtime.getOrCreate({ principal: 'ada', key: 'k' }))).toBeInstanceOf(
    StoreError,
  );
  store.heal();
  await clock.advance(1_000);
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).id).not.toBe(first.id);
});

test('a failed creation is told to all that joined it, and not remembered', async () => {
  const clock = createVirtualClock();
  let failing = true;
  const initialize = () => {
    if (failing) throw new Error('no');
  };
  const { runtime, context } = openRuntime({ clock, initialize });
  const asked = [1, 2, 3].map(() =>
    rejectionOf(runtime.getOrCreate({ principal: 'ada', key: 'k' })),
  );
  for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(InitializeError);
  expect(runtime.stats()).toMatchObject({ created: 1, ended: { 'init-failed': 1 } });
  expect(context.keyed.size).toBe(0);
  failing = false;
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).state).toBe('active');
});

test('a creation that was refused for want of room is not remembered either', async () => {
  const { runtime, context } = openRuntime({ maxResident: 1 });
  const other = await runtime.create({ principal: 'bob' });
  const asked = () => runtime.getOrCreate({ principal: 'ada', key: 'k' });
  expect(await rejectionOf(asked())).toBeInstanceOf(CapacityError);
  expect(context.keyed.size).toBe(0);
  await other.terminate();
  expect((await asked()).state).toBe('active');
});

test('at quota, a session of a key that is there is given out, and nobody is ended for it', async () => {
  const { clock, runtime } = quietRuntime({ maxPerPrincipal: 1 });
  const session = await runtime.getOrCreate({ principal: 'ada', key: 'k', beats: 'off' });
  await clock.advance(11_000);
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).id).toBe(session.id);
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'other' })).state).toBe('active');
  expect(session.info().reason).toBe('evicted');
});

test('a create whose answer is lost can be asked for again by its key: one session is made', async () => {
  const { clock, runtime, store, memory } = faultyRuntime();
  const asked = () => runtime.create({ principal: 'ada', idempotencyKey: 'k' });
  const { find } = store;
  // Only the look before it is answered; then nothing is.
  store.find = async (principal, key) => {
    const found = await find(principal, key);
    store.break('lose-answer');
    return found;
  };
  expect(await rejectionOf(asked())).toBeInstanceOf(StoreError);
  expect((await memory.list({ limit: 9 })).records).toHaveLength(1);
  store.find = find;
  store.heal();
  const session = await asked();
  expect((await memory.list({ limit: 9 })).records.map(({ id }) => id)).toEqual([session.id]);
  await clock.advance(40_000);
  expect(await memory.load(session.id)).toMatchObject({ state: 'active' });
});

test('a key that another took between the look and the create is looked at again', async () => {
  const memory = createMemoryStore();
  let blind = 1;
  const find: Store['find'] = async (principal, key) =>
    blind-- > 0 ? null : memory.find(principal, key);
  const store = new Proxy(memory, {
    get: (target, name) => {
      const value: unknown = name === 'find' ? find : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { runtime, context } = openRuntime({ store });
  const options = checkedCreate({}, context.application, false);
  const first = await createSession(context, { principal: 'ada', key: 'key:k' }, options);
  expect((await runtime.getOrCreate({ principal: 'ada', key: 'k' })).id).toBe(first.id);
  blind = 100;
  const other = await rejectionOf(
    (async () => {
      context.keyed.clear();
      return runtime.getOrCreate({ principal: 'ada', key: 'k' });
    })(),
  );
  expect(other).toBeInstanceOf(AlreadyExistsError);
});

test('a key whose session is held by another runtime on the same store is taken', async () => {
  const store = createMemoryStore();
  const clock = createVirtualClock();
  const [one, other] = [createRuntime({ store, clock }), createRuntime({ store, clock })];
  const session = await one.getOrCreate({ principal: 'ada', key: 'k' });
  const asked = () => other.getOrCreate({ principal: 'ada', key: 'k' });
  expect(await rejectionOf(asked())).toBeInstanceOf(AlreadyExistsError);
  await session.terminate();
  expect((await asked()).state).toBe('active');
});

test('the end of a session takes no other’s key out of the index', async () => {
  const { context } = openRuntime();
  const options = checkedCreate({}, context.application, false);
  const claim = { principal: 'ada', key: 'key:k' };
  const host = await createSession(context, claim, options);
  const entry = { made: Promise.resolve(host), host: null };
  context.keyed.set(keyName('ada', 'key:k'), entry);
  await terminate(context, host, 'client');
  expect([...context.keyed.values()]).toEqual([entry]);
});

test('a session that goes in the very moment in which it is found leaves nothing in the index', async () => {
  for (let turns = 0; turns < 12; turns += 1) {
    const memory = createMemoryStore();
    const { find } = memory;
    let going: SessionHost | null = null;
    const { clock, runtime, context } = openRuntime({ store: memory });
    memory.find = async (principal, key) => {
      const found = await find.call(memory, principal, key);
      const host = going;
      going = null;
      if (host === null) return found;
      let left: Promise<void> = Promise.resolve();
      for (let turn = 0; turn < turns; turn += 1) left = left.then(() => undefined);
      left.then(() => letGo(context, host));
      return found;
    };
    const options = checkedCreate({}, context.application, false);
    going = await createSession(context, { principal: 'ada', key: 'key:k' }, options);
    await runtime.getOrCreate({ principal: 'ada', key: 'k' }).catch(() => undefined);
    await runtime.terminateAll('ada').catch(() => undefined);
    await clock.settle();
    expect(context.keyed.size).toBe(0);
  }
});

test('an end frees the key, the tombstone still shows it, and the index forgets it', async () => {
  const { runtime, context } = openRuntime();
  const first = await runtime.getOrCreate({ principal: 'ada', key: 'k' });
  await first.terminate();
  expect(context.keyed.size).toBe(0);
  expect((await runtime.get(first.id)).info().key).toBe('k');
  const next = await runtime.getOrCreate({ principal: 'ada', key: 'k' });
  expect(next.id).not.toBe(first.id);
  const { sessions } = await runtime.list();
  expect(sessions.map(({ id, key }) => `${id} ${key}`).sort()).toEqual(
    [`${first.id} k`, `${next.id} k`].sort(),
  );
});

test('anonymous callers have no keys, and a key is a text of 1 to 256 characters', async () => {
  const { runtime } = quietRuntime();
  const nobody = runtime.as(null);
  expect(await rejectionOf(nobody.getOrCreate({ key: 'k' }))).toBeInstanceOf(ForbiddenError);
  expect(await rejectionOf(nobody.create({ idempotencyKey: 'k' }))).toBeInstanceOf(ForbiddenError);
  for (const key of ['', 'x'.repeat(257)]) {
    const { getOrCreate, create } = { getOrCreate: { key }, create: { idempotencyKey: key } };
    expect(await rejectionOf(runtime.getOrCreate(getOrCreate))).toBeInstanceOf(InvalidOptionError);
    expect(await rejectionOf(runtime.create(create))).toBeInstanceOf(InvalidOptionError);
  }
});
