import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  CapacityError,
  DrainingError,
  type Session,
  SessionTerminatedError,
} from '../../../src/index.ts';
import { rejectionOf, toldOf } from '../fixture.ts';
import {
  after,
  durableRuntime,
  faultyProcess,
  newDisk,
  processOver,
  REST_MS,
  SYNC_MS,
  withStored,
} from './fixture.ts';

/** Advances to the moment in which the session is being put away. */
const untilHibernating = async ({
  clock,
  session,
}: Pick<Awaited<ReturnType<typeof withStored>>, 'clock' | 'session'>): Promise<void> => {
  while (session.info().residency !== 'hibernating') await clock.advance(1);
};

test('wake ‖ wake: however many ask, it is woken once', async () => {
  const { clock, runtime, session, events, disk } = await withStored();
  const again = await after(clock, runtime.get(session.id));
  const before = disk.records()[0]?.epoch ?? 0;
  const asked = [
    session.touch(),
    again.touch(),
    session.append({ role: 'user', content: 'a' }),
    again.run('work', () => 'done'),
    again.update(() => ({ n: 1 })),
  ];
  await clock.advance(50);
  await Promise.all(asked);
  expect(runtime.stats()).toMatchObject({ woken: 1, resident: 1 });
  expect(toldOf(events, session.id).filter((told) => told === 'woken')).toHaveLength(1);
  expect(disk.records()[0]?.epoch).toBe(before + 1);
});

test('wake ‖ terminate: whichever is first, it ends once, and the other caller is told', async () => {
  const first = await withStored();
  const touched = first.session.touch();
  const ended = first.session.terminate();
  // It was woken for the one and ended for the other: the touch was in time, or is told so.
  touched.catch((error: unknown) => expect(error).toBeInstanceOf(SessionTerminatedError));
  expect(await after(first.clock, ended)).toBe('client');
  expect(toldOf(first.events, first.session.id).slice(-2)).toEqual([
    'terminating>terminated',
    'ended:client',
  ]);

  const second = await withStored();
  const ending = second.session.terminate();
  const late = second.session.touch();
  late.catch(() => undefined);
  expect(await after(second.clock, ending)).toBe('client');
  expect(await rejectionOf(late)).toBeInstanceOf(SessionTerminatedError);
  expect(second.runtime.stats()).toMatchObject({ woken: 0, resident: 0, ended: { client: 1 } });
  expect(second.runtime.validateAll()).toEqual([]);
});

test('wake ‖ reap: a session whose time is over is ended and not woken, whoever comes first', async () => {
  const { clock, runtime, session, events } = await withStored();
  // Its deadline is at 60 s: a wake that has begun before it wins, one that comes after it does not.
  await clock.advance(60_000 - clock.mono() - SYNC_MS / 2);
  const touched = session.touch();
  await after(clock, touched, 1_000);
  expect(session.state).toBe('active');
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  await clock.advance(44_000);
  // Due now, between two looks of the wheel.
  clock.stall(600);
  const late = session.touch();
  late.catch(() => undefined);
  await clock.advance(1_000);
  expect(await rejectionOf(late)).toMatchObject({ reason: 'idle-timeout' });
  expect(toldOf(events, session.id).filter((told) => told === 'woken')).toHaveLength(1);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:idle-timeout');
  expect(runtime.validateAll()).toEqual([]);
});

test.each([
  ['touch', (session: Awaited<ReturnType<typeof withStored>>['session']) => session.touch()],
  ['beat', async (session: Awaited<ReturnType<typeof withStored>>['session']) => session.beat()],
  [
    'run',
    (session: Awaited<ReturnType<typeof withStored>>['session']) => session.run('x', () => 1),
  ],
  [
    'append',
    (session: Awaited<ReturnType<typeof withStored>>['session']) =>
      session.append({ role: 'user', content: 'a' }),
  ],
  [
    'update',
    (session: Awaited<ReturnType<typeof withStored>>['session']) =>
      session.update(() => ({ n: 2 })),
  ],
  ['pause', (session: Awaited<ReturnType<typeof withStored>>['session']) => session.pause()],
])('hibernate ‖ activity: %s while it is being put away keeps it in memory', async (_name, act) => {
  const process = durableRuntime();
  const { clock, runtime, events } = process;
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  await untilHibernating({ clock, session });
  const acted = act(session);
  await after(clock, acted, 20);
  expect(session.info().residency).toBe('resident');
  expect(toldOf(events, session.id)).not.toContain('hibernated');
  expect(runtime.validateAll()).toEqual([]);
  // It rests again later.
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
});

test('get ‖ hibernate: a reference got meanwhile is as good as any', async () => {
  const { clock, runtime } = durableRuntime();
  const session = await after(clock, runtime.create({ principal: 'ada', data: { n: 1 } }));
  await untilHibernating({ clock, session });
  const got = runtime.get(session.id);
  await clock.advance(600);
  const other = await got;
  expect(other.info().residency).toBe('stored');
  await after(
    clock,
    other.update(() => ({ n: 2 })),
  );
  expect(session.data).toEqual({ n: 2 });
  expect(session.info()).toEqual(other.info());
});

test('get ‖ terminate: nobody is told that a stored session has ended before that is durable', async () => {
  const { clock, runtime, disk } = processOver(newDisk({ syncMs: 100 }));
  const { id } = await after(clock, runtime.create({ principal: 'ada' }), 16_000);
  const session = await runtime.get(id);
  expect(session.info().residency).toBe('stored');
  const ended = session.terminate();
  const seen = new Set<string>();
  for (let passed = 0; passed < 1_000; passed += 20) {
    const { state } = await runtime.as('ada').get(id);
    seen.add(`${state}, recorded as ${disk.records()[0]?.state}`);
    await clock.advance(20);
  }
  await ended;
  const told = [...seen].filter((one) => one.startsWith('terminated'));
  expect(told).toEqual(['terminated, recorded as terminated']);
});

test('wake at capacity: the one that has rested for the longest makes room, and nobody ends', async () => {
  const { clock, runtime, session, context } = await withStored({ maxResident: 2 });
  const others = [];
  for (let n = 0; n < 2; n += 1) {
    others.push(await after(clock, runtime.create({ principal: 'bob' })));
    await clock.advance(1_000);
  }
  await clock.advance(8_900);
  expect(others.map(({ state }) => state)).toEqual(['idle', 'active']);
  await after(clock, session.touch());
  expect(session.info().residency).toBe('resident');
  expect(others.map((one) => one.info().residency)).toEqual(['stored', 'resident']);
  expect(runtime.stats()).toMatchObject({ resident: 2, ended: {} });
  expect(context.reserved.size).toBe(0);
});

test('wake at capacity: where nobody rests it is refused, and stays stored', async () => {
  const { clock, runtime, session, context } = await withStored({ maxResident: 1 });
  const busy = await after(clock, runtime.create({ principal: 'bob' }));
  const refused = session.touch();
  refused.catch(() => undefined);
  await clock.advance(50);
  expect(await rejectionOf(refused)).toBeInstanceOf(CapacityError);
  expect(session.info().residency).toBe('stored');
  expect(context.reserved.size).toBe(0);
  await after(clock, busy.terminate());
  await after(clock, session.touch());
  expect(session.state).toBe('active');
});

test('many wakes at capacity: never more in memory than allowed, at any instant', async () => {
  const { clock, runtime, context } = durableRuntime({ maxResident: 3 });
  const sessions = [];
  for (let n = 0; n < 5; n += 1) {
    sessions.push(await after(clock, runtime.create({ principal: 'ada' })));
    await clock.advance(10_300);
  }
  const touched = sessions.map((session) => session.touch());
  for (const one of touched) one.catch(() => undefined);
  for (let ms = 0; ms < 60; ms += 1) {
    await clock.advance(1);
    expect(context.hosts.size + context.reserved.size).toBeLessThanOrEqual(3);
  }
  const settled = await Promise.allSettled(touched);
  expect(settled.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(2);
  for (const one of settled) {
    if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(CapacityError);
  }
});

test('drain ‖ wake: a wake that has not its record yet is refused, and the session stays stored', async () => {
  const { clock, runtime, session, disk } = await withStored();
  const touched = session.touch();
  touched.catch(() => undefined);
  const drained = runtime.drain();
  await clock.advance(100);
  expect(await rejectionOf(touched)).toBeInstanceOf(DrainingError);
  expect(await drained).toMatchObject({ left: [], ended: 0 });
  expect(disk.records()).toMatchObject([{ state: 'idle', owner: null }]);
  expect(clock.pending).toBe(0);
});

test('drain ‖ wake: one that was just woken is put away again', async () => {
  const { clock, runtime, session, disk } = await withStored();
  await after(clock, session.touch());
  const report = await after(clock, runtime.drain());
  expect(report).toMatchObject({ hibernated: 1, left: [] });
  expect(disk.records()).toMatchObject([{ state: 'idle', owner: null }]);
});

const CALLS: readonly (readonly [string, (session: Session) => Promise<unknown>])[] = [
  ['touch', (session) => session.touch()],
  ['terminate', (session) => session.terminate()],
  ['pause', (session) => session.pause()],
  ['resume', (session) => session.resume()],
  ['rotateId', (session) => session.rotateId()],
  ['run', (session) => session.run('work', () => 1)],
  ['append', (session) => session.append({ role: 'user', content: 'hello' })],
  ['update', (session) => session.update(() => ({ n: 1 }))],
];

test.each(CALLS)(
  'wake ‖ listener: %s may be called in the middle of a hibernation or a wake',
  async (_name, call) => {
    const { clock, runtime, context } = durableRuntime({ deadlines: { hibernateAfterMs: 1_000 } });
    const session = await after(clock, runtime.create({ principal: 'ada' }));
    const called: Promise<unknown>[] = [];
    session.subscribe(({ type }) => {
      const moves = type === 'session.hibernated' || type === 'session.woken';
      if (moves && called.length < 6) called.push(call(session));
    });
    await clock.advance(44_000);
    expect(called.length).toBeGreaterThan(0);
    await Promise.all(called);
    expect(runtime.validateAll()).toEqual([]);
    expect(context.lanes.size).toBe(0);
  },
);

test('create ‖ wake: the id of a stored session is taken, however slow the store is to say so', async () => {
  const { clock, runtime, store, context } = faultyProcess();
  const session = await after(clock, runtime.create({ principal: 'ada' }), 16_000);
  expect(session.info().residency).toBe('stored');
  store.breakNext('create', 'hold-answer');
  const made = runtime.create({ principal: 'eve', id: session.id });
  made.catch(() => undefined);
  await clock.advance(10);
  await after(clock, session.touch());
  expect(session.info()).toMatchObject({ residency: 'resident', principal: 'ada' });
  expect(runtime.validateAll()).toEqual([]);
  store.heal();
  await clock.advance(50);
  expect(await rejectionOf(made)).toBeInstanceOf(AlreadyExistsError);
  expect(session.info()).toMatchObject({ residency: 'resident', principal: 'ada' });
  expect(runtime.validateAll()).toEqual([]);
  expect([context.census?.total, runtime.stats().resident]).toEqual([1, 1]);
  expect(session.actor.getSnapshot().status).toBe('active');
  await after(clock, session.append({ role: 'user', content: 'x' }));
  expect(await after(clock, session.terminate(), 5000)).toBe('client');
});
