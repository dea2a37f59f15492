import { expect, test } from 'vitest';
import {
  InvalidOptionError,
  LIMITS,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import {
  faultyRuntime,
  quietRuntime,
  recordOf,
  rejectionOf,
  standing,
  toldOf,
} from '../fixture.ts';
import {
  after,
  crash,
  durableRuntime,
  newDisk,
  processOver,
  REST_MS,
  withStored,
} from '../residency/fixture.ts';

// What a front-end keeps of a session: set, and there again whoever hosts it next.

test('what a front-end sets is what it has from then on, copied and frozen; nothing is kept at first', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const notes = session.frontEnd('mcp');
  expect(notes.value).toBeNull();
  const given = { level: 'debug', subscriptions: ['a'] };
  await notes.set(given);
  given.subscriptions.push('b');
  expect(notes.value).toEqual({ level: 'debug', subscriptions: ['a'] });
  expect(Object.isFrozen(notes.value)).toBe(true);
  expect((await runtime.get(session.id)).frontEnd('mcp').value).toBe(notes.value);
  await notes.set(null);
  expect(notes.value).toBeNull();
});

test('each front-end has its own, whatever it is called', async () => {
  const { runtime, store } = faultyRuntime();
  const session = await runtime.create({ data: { own: true } });
  expect(session.frontEnd('constructor').value).toBeNull();
  await session.frontEnd('constructor').set([1]);
  await session.frontEnd('mcp').set('two');
  expect(session.frontEnd('constructor').value).toEqual([1]);
  await session.frontEnd('constructor').set(null);
  expect(session.frontEnd('mcp').value).toBe('two');
  expect(session.data).toEqual({ own: true });
  expect((await recordOf(store, session.id)).session.frontEnds).toEqual({ mcp: 'two' });
});

test('it is no activity, and nobody is told of it', async () => {
  const { clock, runtime, events } = quietRuntime();
  const session = await runtime.create();
  await clock.advance(10_500);
  const before = { info: session.info(), told: toldOf(events, session.id).length };
  expect(before.info.state).toBe('idle');
  await session.frontEnd('mcp').set(1);
  expect(session.info()).toEqual(before.info);
  expect(toldOf(events, session.id)).toHaveLength(before.told);
  await clock.advance(50_500);
  expect(session.info().reason).toBe('idle-timeout');
});

test('of two at once the last one stands, and both are told once it is recorded', async () => {
  const process = durableRuntime();
  const { clock, disk, runtime } = process;
  const session = await after(clock, runtime.create());
  const notes = session.frontEnd('mcp');
  const asked = Promise.all([notes.set('first'), notes.set('last')]);
  expect(notes.value).toBe('last');
  expect((await standing(clock, asked)).is).toBe('pending');
  await after(clock, asked);
  expect(disk.records()).toMatchObject([{ session: { frontEnds: { mcp: 'last' } } }]);
});

test('where it is not recorded the caller is told; it stands, and is tried again', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const session = await runtime.create();
  store.break('fail');
  expect(await rejectionOf(session.frontEnd('mcp').set(1))).toBeInstanceOf(StoreError);
  expect(session.frontEnd('mcp').value).toBe(1);
  store.heal();
  await clock.advance(1_000);
  expect((await recordOf(store, session.id)).session.frontEnds).toEqual({ mcp: 1 });
});

test('a name that is none is refused', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  await session.terminate();
  for (const one of [session, await runtime.get(session.id)]) {
    for (const name of ['', 'Mcp', 'a b', 'ä', '__proto__', 'a'.repeat(65), 7]) {
      expect(() => one.frontEnd(name as string)).toThrow(InvalidOptionError);
    }
    expect(one.frontEnd('a'.repeat(64)).value).toBeNull();
  }
});

test('what JSON cannot carry, or is too much for all together, is refused, and the value stays', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const [mcp, other] = [session.frontEnd('mcp'), session.frontEnd('other')];
  await mcp.set('it');
  for (const value of [undefined, () => 1, { at: new Date(0) }, Number.NaN, 1n]) {
    expect(await rejectionOf(mcp.set(value))).toBeInstanceOf(InvalidOptionError);
  }
  const most = LIMITS.frontEndBytes - '{"mcp":"it","other":""}'.length;
  expect(await rejectionOf(other.set('x'.repeat(most + 1)))).toBeInstanceOf(InvalidOptionError);
  expect([mcp.value, other.value]).toEqual(['it', null]);
  await other.set('x'.repeat(most));
  expect(await rejectionOf(mcp.set('its'))).toBeInstanceOf(InvalidOptionError);
  await mcp.set(null);
});

test('a stored session is read without a wake, and woken to set', async () => {
  const { clock, runtime, session } = await withStored();
  const again = await after(clock, runtime.get(session.id));
  expect(again.frontEnd('mcp').value).toBeNull();
  expect(runtime.stats().woken).toBe(0);
  await after(clock, again.frontEnd('mcp').set(1));
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'idle' });
  expect(session.frontEnd('mcp').value).toBe(1);
  await clock.advance(REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  expect(session.frontEnd('mcp').value).toBe(1);
});

test('after a crash, a drain and a new id it is there', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const made = await after(clock, first.runtime.create());
  await after(clock, made.frontEnd('mcp').set({ n: 1 }));
  crash(first);
  const second = processOver(first);
  const session = await after(clock, second.runtime.get(made.id));
  expect(session.frontEnd('mcp').value).toEqual({ n: 1 });
  const id = await after(clock, session.rotateId());
  await after(clock, session.frontEnd('mcp').set({ n: 2 }));
  await after(clock, second.runtime.drain(), 200);
  const third = processOver(first);
  const again = await after(clock, third.runtime.get(id));
  expect(again.frontEnd('mcp').value).toEqual({ n: 2 });
});

test('one that is set while the session is being put away is recorded, and keeps it', async () => {
  const { clock, disk, runtime } = processOver(newDisk({ syncMs: 20 }));
  const session = await after(clock, runtime.create());
  await clock.advance(10_000);
  for (let ms = 0; ms < 8_000 && session.info().residency === 'resident'; ms += 1) {
    await clock.advance(1);
  }
  expect(session.info().residency).toBe('hibernating');
  const asked = session.frontEnd('mcp').set('late');
  const recorded = asked.then(() => disk.records());
  const [first] = await after(clock, recorded, 100);
  expect(first?.session).toMatchObject({ frontEnds: { mcp: 'late' } });
  expect(first?.session.putAway).toBeUndefined();
  expect(session.info().residency).toBe('resident');
  await clock.advance(100);
  const [record] = disk.records();
  expect(record?.session).toMatchObject({ frontEnds: { mcp: 'late' } });
  expect(record?.session.putAway).toBeUndefined();
  expect(runtime.validateAll()).toEqual([]);
});

test('a paused session takes it; after the end it is read, and refused', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  await session.pause();
  await session.frontEnd('mcp').set('kept');
  expect(session.state).toBe('paused');
  await session.terminate();
  for (const one of [session, await runtime.get(session.id)]) {
    const notes = one.frontEnd('mcp');
    expect(notes.value).toBe('kept');
    expect(await rejectionOf(notes.set(1))).toBeInstanceOf(SessionTerminatedError);
    expect(() => notes.atRest(() => 1)).toThrow(SessionTerminatedError);
  }
  await runtime.purge(session.id);
});
