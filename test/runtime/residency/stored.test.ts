import { expect, test } from 'vitest';
import { setup } from 'xstate';
import { SessionUnreadableError, StoreError } from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { rejectionOf, toldOf, toldOfItself } from '../fixture.ts';
import {
  after,
  crash,
  durableRuntime,
  newDisk,
  processOver,
  REST_MS,
  SYNC_MS,
  withStored,
} from './fixture.ts';

test('listeners, waitFor and the signal go on across hibernation', async () => {
  const { clock, session } = await withStored();
  const heard: string[] = [];
  session.subscribe(({ type }) => heard.push(type));
  const waited = session.waitFor('terminated');
  const { signal } = session;
  await after(clock, session.touch());
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  expect(signal.aborted).toBe(false);
  await after(clock, session.terminate());
  expect(await waited).toBe('terminated');
  expect(signal.aborted).toBe(true);
  expect(heard).toEqual([
    'session.woken',
    'session.state-changed',
    'session.state-changed',
    'session.hibernated',
    'session.state-changed',
    'session.state-changed',
    'session.ended',
  ]);
});

test('reads of a stored session, and asking how it fares, do not wake it', async () => {
  const { clock, runtime, session } = await withStored();
  const again = await after(clock, runtime.get(session.id));
  await after(clock, again.messages());
  expect(again.info()).toMatchObject({ residency: 'stored', state: 'idle', principal: 'ada' });
  expect(again.health()).toMatchObject({ status: 'healthy', residency: 'stored', state: 'idle' });
  expect(await after(clock, runtime.validate(session.id))).toEqual({ valid: true, state: 'idle' });
  const { sessions } = await after(clock, runtime.list());
  expect(sessions).toMatchObject([{ id: session.id, residency: 'stored', state: 'idle' }]);
  expect(session.operations()).toEqual([]);
  expect(runtime.stats().woken).toBe(0);
});

test('a stream that is attached does not keep a session in memory, and comes and goes while it is stored', async () => {
  const { clock, runtime, events } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  const detach = session.attach();
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info()).toMatchObject({ residency: 'stored', presences: 1 });
  const other = session.attach();
  detach();
  expect(session.info().presences).toBe(1);
  await after(clock, session.touch());
  expect(session.info()).toMatchObject({ residency: 'resident', presences: 1 });
  other();
  expect(session.info().presences).toBe(0);
  expect(toldOf(events, session.id).slice(-6)).toEqual([
    'hibernated',
    'attached',
    'detached',
    'woken',
    'idle>active',
    'detached',
  ]);
});

test('beats keep a stored session that is watched, and wake it never', async () => {
  const { clock, runtime, events } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada', beats: 'required' }));
  for (let beats = 0; beats < 10; beats += 1) {
    session.beat();
    await clock.advance(4_900);
  }
  expect(session.info()).toMatchObject({ residency: 'stored', state: 'idle' });
  await clock.advance(15_000);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:heartbeat-lost');
  expect(runtime.stats().woken).toBe(0);
});

test('the last activity is never far from what a crash finds, also where nothing else is recorded', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada' }));
  // 100 s of activity that needs no commit; idleTimeout is 60 s.
  for (let touches = 0; touches < 100; touches += 1) {
    await made.touch();
    await clock.advance(1_000);
  }
  crash(first);
  const second = processOver(first);
  const session = await after(clock, second.runtime.get(made.id));
  await clock.advance(52_000);
  expect(session.state).toBe('idle');
  await clock.advance(9_000);
  expect(session.info().reason).toBe('idle-timeout');
});

test('a key leads to its session, stored here or by an earlier process, and does not wake it', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const made = await after(clock, first.runtime.getOrCreate({ principal: 'ada', key: 'chat' }));
  await clock.advance(20_000);
  expect(made.info().residency).toBe('stored');
  const again = await after(clock, first.runtime.getOrCreate({ principal: 'ada', key: 'chat' }));
  expect(again.info()).toMatchObject({ id: made.id, residency: 'stored', key: 'chat' });
  crash(first);
  const { runtime } = processOver(first);
  const later = await after(clock, runtime.getOrCreate({ principal: 'ada', key: 'chat' }));
  expect(later.id).toBe(made.id);
  await after(clock, later.touch());
  expect(runtime.validateAll()).toEqual([]);
  await after(clock, later.terminate());
  const next = await after(clock, runtime.getOrCreate({ principal: 'ada', key: 'chat' }));
  expect(next.id).not.toBe(made.id);
});

test('terminateAll ends the stored ones too, and wakes none', async () => {
  const { clock, runtime, session } = await withStored();
  await after(clock, runtime.create({ principal: 'ada' }));
  const others = await after(clock, runtime.create({ principal: 'bob' }));
  expect(await after(clock, runtime.terminateAll('ada'))).toBe(2);
  expect(session.state).toBe('terminated');
  expect(others.state).toBe('active');
  expect(runtime.stats().woken).toBe(0);
});

test('a session whose behaviour nobody registered stays stored, and says so', async () => {
  const behaviours = { known: { logic: setup({}).createMachine({}) } };
  const first = durableRuntime({ behaviours });
  const { clock, disk } = first;
  const made = await after(clock, first.runtime.create({ principal: 'ada', behaviour: 'known' }));
  crash(first);
  const { runtime } = processOver(first);
  const session = await after(clock, runtime.get(made.id));
  expect(session.info()).toMatchObject({ behaviour: 'known', residency: 'stored' });
  const refused = session.touch();
  refused.catch(() => undefined);
  await clock.advance(50);
  expect(await rejectionOf(refused)).toBeInstanceOf(SessionUnreadableError);
  expect(disk.records()).toMatchObject([{ state: 'active', owner: null }]);
  expect(runtime.stats().resident).toBe(0);
});

test('while a store cannot be opened callers are told, and it is tried until it can', async () => {
  const { clock, disk } = newDisk();
  const store = faultyStore(disk.open(), { clock, random: () => 0.5 });
  store.break('fail');
  const { runtime, events } = processOver({ clock, disk: { ...disk, open: () => store } });
  const refused = runtime.create({ principal: 'ada' });
  refused.catch(() => undefined);
  await clock.advance(20);
  expect(await rejectionOf(refused)).toBeInstanceOf(StoreError);
  expect(runtime.stats().state).toBe('starting');
  store.heal();
  await clock.advance(2_000);
  expect(runtime.stats().state).toBe('accepting');
  expect(toldOfItself(events)).toEqual(['runtime.store-failing', 'runtime.store-recovered']);
  await after(clock, runtime.create({ principal: 'ada' }));
});

test('a thousand that fell due while no process was there are ended, so many at once', async () => {
  const first = durableRuntime({ maxPerPrincipal: 2_000 });
  const { clock, disk } = first;
  const asked = Array.from({ length: 1_000 }, () => first.runtime.create({ principal: 'ada' }));
  await clock.advance(50);
  await Promise.all(asked);
  crash(first);
  clock.suspend(2_000_000);
  let claims = 0;
  let most = 0;
  const store = disk.open();
  const claim: typeof store.claim = async (...given) => {
    claims += 1;
    most = Math.max(most, claims);
    const claimed = await store.claim(...given);
    claims -= 1;
    return claimed;
  };
  const counted = new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'claim' ? claim : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { runtime } = processOver({ clock, disk: { ...disk, open: () => counted } });
  await clock.advance(40 * SYNC_MS * 10);
  expect(runtime.stats().ended).toEqual({ 'max-lifetime': 1_000 });
  expect(most).toBeLessThanOrEqual(64);
  expect(runtime.stats().woken).toBe(0);
});

test('an end that was asked for while the store fails comes all the same', async () => {
  const { clock, disk } = newDisk();
  const store = faultyStore(disk.open(), { clock, random: () => 0.5 });
  const { runtime, events } = processOver({ clock, disk: { ...disk, open: () => store } });
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  await clock.advance(20_000);
  expect(session.info().residency).toBe('stored');
  store.break('fail');
  const refused = [session.terminate(), session.terminate('operator')];
  for (const one of refused) one.catch(() => undefined);
  await clock.advance(1_000);
  for (const one of refused) expect(await rejectionOf(one)).toBeInstanceOf(StoreError);
  store.heal();
  await clock.advance(5_000);
  expect(session.state).toBe('terminated');
  expect(toldOf(events, session.id).filter((told) => told.startsWith('ended'))).toHaveLength(1);
  const closed = runtime.close();
  await clock.advance(100);
  expect((await closed).left).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('who waits for a state when the runtime is closed is told, wherever the session is', async () => {
  const { clock, runtime, session } = await withStored();
  const other = await after(clock, runtime.create({ principal: 'ada' }));
  const waits = [session, other].map((one) => one.waitFor('paused'));
  for (const one of waits) one.catch(() => undefined);
  const closed = runtime.close();
  await clock.advance(200);
  await closed;
  for (const one of waits) expect(await rejectionOf(one)).toBeInstanceOf(StoreError);
});
