import { expect, test } from 'vitest';
import { wheelEntry } from '../../../src/time/wheel.ts';
import { crashingOn, faultyRuntime, openRuntime, openWork, quietRuntime } from '../fixture.ts';

/** A session with work in flight, a second one, and their parts, to be spoiled by hand. */
const begun = async () => {
  const open = openRuntime({ maxConcurrentOperations: 1 });
  const session = await open.runtime.create({ principal: 'ada', beats: 'required' });
  await open.runtime.create({ principal: 'ada' });
  openWork(session, { timeoutMs: 'off' });
  openWork(session, { timeoutMs: 'off' });
  const host = open.context.hosts.get(session.id);
  if (host === undefined || host.record === null) throw new Error('it is not there');
  expect(open.runtime.validateAll()).toEqual([]);
  return { ...open, session, host, record: host.record };
};

type Begun = Awaited<ReturnType<typeof begun>>;

/** What is spoiled, the word for it, and other words that it cannot be without. */
const SPOILED: readonly [word: string, spoil: (begun: Begun) => void, also?: readonly string[]][] =
  [
    [
      'wrong-id',
      ({ context, host }) => context.hosts.set(`${host.id}x`, host),
      ['in-flight-total', 'entry-stray'],
    ],
    ['gone', ({ host }) => Object.assign(host, { released: true })],
    [
      'gone',
      ({ host }) => Object.assign(host, { shown: 'terminated' }),
      ['record-differs', 'state-differs'],
    ],
    ['no-record', ({ host }) => Object.assign(host, { record: null })],
    [
      'record-differs',
      ({ host, record }) => Object.assign(host, { record: { ...record, state: 'paused' } }),
    ],
    [
      'record-differs',
      ({ host, record }) => Object.assign(host, { record: { ...record, principal: 'eve' } }),
    ],
    [
      'record-differs',
      ({ host, record }) => Object.assign(host, { record: { ...record, owner: 'eve' } }),
    ],
    [
      'record-differs',
      ({ host, record }) => Object.assign(host, { record: { ...record, id: 'ses_x' } }),
    ],
    ['state-differs', ({ host }) => Object.assign(host, { shown: 'idle' })],
    ['no-actor', ({ context, host }) => context.registry.stop(host.actor.id)],
    ['in-flight-differs', ({ host }) => Object.assign(host, { inFlight: 3 }), ['in-flight-total']],
    ['in-flight-differs', ({ host }) => Object.assign(host, { work: null })],
    ['deadline-unwatched', ({ context, host }) => context.wheel.remove(host)],
    ['deadline-late', ({ context, host }) => context.wheel.file(host, 6_000)],
    ['commit-forgotten', ({ host }) => Object.assign(host, { dirty: true })],
    [
      'event-forgotten',
      ({ host, clock }) => host.untold.add({ type: 'session.paused' }, clock.wall(), true),
    ],
    ['principal-unlisted', ({ context, host }) => context.perPrincipal.get('ada')?.delete(host)],
    ['principal-stray', ({ context, host }) => context.perPrincipal.set('eve', new Set([host]))],
    ['principal-stray', ({ context }) => context.perPrincipal.set('eve', new Set())],
    [
      'actor-stray',
      ({ context, host }) => {
        context.wheel.remove(host);
        context.hosts.delete(host.id);
      },
      ['principal-stray', 'in-flight-total'],
    ],
    [
      'entry-stray',
      ({ context, host }) =>
        context.wheel.file(Object.assign(Object.create(host), wheelEntry()), 9_000),
    ],
    ['in-flight-total', ({ context }) => Object.assign(context, { inFlight: 1 })],
    ['counters-differ', ({ context }) => Object.assign(context.counters, { operationsStarted: 9 })],
    [
      'counters-differ',
      ({ context }) => Object.assign(context.counters, { operationsFinished: 9 }),
    ],
    [
      'over-capacity',
      ({ context }) => {
        for (let slot = 0; slot < 9_999; slot += 1) context.reserved.add('eve');
      },
    ],
    ['over-capacity', ({ context }) => Object.assign(context.settings, { maxResident: 1 })],
    ['over-capacity', ({ context }) => Object.assign(context.settings, { maxPerPrincipal: 1 })],
    ['key-unlisted', ({ host }) => Object.assign(host, { key: 'key:x' })],
    [
      'key-stray',
      ({ context, host }) => {
        context.keyed.set('["ada","key:x"]', { made: Promise.resolve(host), host });
      },
    ],
  ];

test.each(SPOILED)('what is spoiled is found and called %s', async (word, spoil, also = []) => {
  const spoiled = await begun();
  spoil(spoiled);
  const problems = spoiled.runtime.validateAll();
  expect(new Set(problems.map(({ problem }) => problem))).toEqual(new Set([word, ...also]));
  for (const { id, detail } of problems) {
    expect(id === 'runtime' || id.startsWith('ses_')).toBe(true);
    expect(detail).toMatch(/^.+\.$/);
  }
});

test('a deadline that was due long ago, and is looked at long from now, is told in ms', async () => {
  const { context, host, runtime, clock } = await begun();
  context.wheel.file(host, 100_000);
  await clock.advance(20_000);
  expect(runtime.validateAll()).toEqual([
    {
      id: host.id,
      problem: 'deadline-late',
      detail: 'beat was due 15000 ms ago, but is looked at 80000 ms late.',
    },
  ]);
});

test('a change that waits for the store is no problem, whatever becomes of it', async () => {
  const { runtime, store, clock } = faultyRuntime();
  const session = await runtime.create({ principal: 'ada' });
  for (const fault of ['stall', 'fail', 'lose-answer', 'lose-request'] as const) {
    store.break(fault);
    session.pause().catch(() => undefined);
    session.resume().catch(() => undefined);
    expect(runtime.validateAll()).toEqual([]);
    await clock.advance(1_000);
    expect(runtime.validateAll()).toEqual([]);
    store.heal();
    await clock.advance(60_000);
    expect(runtime.validateAll()).toEqual([]);
  }
});

test('a session being made, initialized or ended is no problem', async () => {
  const { runtime, clock } = quietRuntime({
    initialize: () => Promise.resolve(),
    cleanup: () => new Promise(() => undefined),
  });
  const made = runtime.create();
  for (let turn = 0; turn < 20; turn += 1) {
    expect(runtime.validateAll()).toEqual([]);
    await Promise.resolve();
  }
  const ended = (await made).terminate();
  await clock.settle();
  expect(runtime.stats().byState.terminating).toBe(1);
  expect(runtime.validateAll()).toEqual([]);
  await clock.advance(5_000);
  await ended;
  expect(runtime.validateAll()).toEqual([]);
});

test('asked in the middle of things, by a listener, it finds nothing either', async () => {
  const { runtime, clock } = quietRuntime();
  const problems: unknown[] = [];
  runtime.subscribe(() => void problems.push(...runtime.validateAll()));
  const session = await runtime.create({ principal: 'ada', beats: 'required' });
  openWork(session, { id: 'a' });
  session.abort('a');
  await session.pause();
  await session.resume();
  await clock.advance(80_000);
  expect(session.info().reason).toBe('heartbeat-lost');
  expect(problems).toEqual([]);
});

test('a crash whose end is not recorded yet is no problem of the books', async () => {
  const { store } = faultyRuntime();
  const { runtime } = openRuntime({ store }, crashingOn('session.pause'));
  const session = await runtime.create({ principal: 'mallory' });
  store.break('stall');
  session.pause().catch(() => undefined);
  expect(runtime.validateAll()).toEqual([]);
});

test('a wall clock that moved and a process that was held up are no problem', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create({ beats: 'required' });
  await (await runtime.create()).pause();
  clock.stepWall(100_000);
  expect(runtime.validateAll()).toEqual([]);
  await clock.advance(1_000);
  clock.stall(9_000);
  expect(runtime.validateAll()).toEqual([]);
  openWork(session, { timeoutMs: 'off' });
  await clock.advance(0);
  clock.stepWall(1_000_000);
  await clock.advance(10_000);
  expect(session.info().reason).toBe(null);
  expect(runtime.validateAll()).toEqual([]);
});

test('a runtime that is closed has nothing left to check', async () => {
  const { runtime, clock, store } = faultyRuntime();
  await runtime.create();
  store.break('stall');
  const closed = runtime.close();
  await clock.advance(5_000);
  expect((await closed).left.length).toBe(1);
  expect(runtime.validateAll()).toEqual([]);
});
