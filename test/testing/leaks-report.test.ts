import { expect, test } from 'vitest';
import type { HeldSession } from '../../src/runtime/health/holdings.ts';
import { type Found, leaksIn } from '../../src/testing/leaks.ts';
import type { ScheduledAction } from '../../src/time/virtual-clock.ts';

const session = (held: Partial<HeldSession> = {}): HeldSession => ({
  id: 'ses_a',
  actor: 'ses_a',
  listeners: 0,
  waits: 0,
  presences: 0,
  operations: [],
  behaviour: null,
  inLane: false,
  ...held,
});

const found = (
  holdings: Partial<Found['holdings']> = {},
  rest: Partial<Omit<Found, 'holdings'>> = {},
): Found => ({
  holdings: {
    closed: false,
    sessions: [],
    strayActors: [],
    listeners: 0,
    lanes: 0,
    timers: 0,
    busy: false,
    others: {},
    ...holdings,
  },
  ownTimers: [],
  otherTimers: [],
  actors: [],
  storeCalls: [],
  storeIsClosed: true,
  ...rest,
});

const timer = (by: string | null, inMs = 100): ScheduledAction => ({
  action: { unsubscribe: () => undefined },
  inMs,
  by,
});

const WHEEL = timer('start (src/time/wheel.ts:98)', 250);
const SWEEP = timer('startSweep (src/runtime/liveness/sweep.ts:48)', 30_000);
const LOST = timer('new Operation (src/runtime/work/operation.ts:100)', 600_000);

test('nothing is left of nothing', () => {
  expect(leaksIn(found())).toEqual([]);
  expect(leaksIn(found({ closed: true }))).toEqual([]);
});

test('timers of the runtime are no leak as long as there are no more than it accounts for', () => {
  const ownTimers = [WHEEL, SWEEP];
  expect(leaksIn(found({ timers: 2 }, { ownTimers }))).toEqual([]);
  expect(leaksIn(found({ timers: 3 }, { ownTimers }))).toEqual([]);
});

test('one more is told, without the ones that always stand', () => {
  expect(leaksIn(found({ timers: 2 }, { ownTimers: [WHEEL, SWEEP, LOST] }))).toEqual([
    'timers: due in 600000 ms, scheduled by new Operation (src/runtime/work/operation.ts:100)',
  ]);
});

test('where it cannot be told apart, all that may be it are told', () => {
  const [line] = leaksIn(found({ timers: 3 }, { ownTimers: [WHEEL, SWEEP, LOST, timer(null)] }));
  expect(line).toMatch(/^timers: 1 of 2 of the runtime's own is nobody's; due .*; due in 100 ms$/);
  const [standing] = leaksIn(found({ timers: 1 }, { ownTimers: [WHEEL, SWEEP] }));
  expect(standing).toMatch(/^timers: 1 of 2 .*wheel.*sweep/);
});

test('a runtime that is closed has no timer', () => {
  expect(leaksIn(found({ closed: true }, { ownTimers: [WHEEL] }))).toHaveLength(1);
});

test('timers of others are accounted for by code that runs, and by a store that owes an answer', () => {
  const otherTimers = [timer('poll (app.ts:1)')];
  expect(leaksIn(found({}, { otherTimers }))).toEqual([
    'timers: due in 100 ms, scheduled by poll (app.ts:1)',
  ]);
  expect(leaksIn(found({ busy: true }, { otherTimers }))).toEqual([]);
  expect(leaksIn(found({}, { otherTimers, storeCalls: ['load of ses_a'] }))).toEqual([
    'store: load of ses_a is not answered',
  ]);
  expect(leaksIn(found({ closed: true, busy: true }, { otherTimers }))).toHaveLength(1);
});

test('listeners, waits and streams are told by their session', () => {
  const sessions = [session({ listeners: 1, waits: 2 }), session({ id: 'ses_b', presences: 3 })];
  expect(leaksIn(found({ listeners: 1, sessions }))).toEqual([
    'subscriptions: runtime.subscribe; ses_a: session.subscribe',
    'waits: ses_a: waitFor × 2',
    'streams: ses_b: 3 attached',
  ]);
});

test('an actor is a leak where no session in memory has it', () => {
  const actors = [['ses_a'], ['ses_b'], ['ses_b', 'behaviour'], ['ses_a', 'behaviour']];
  expect(leaksIn(found({ sessions: [session()], strayActors: ['ses_c'] }, { actors }))).toEqual([
    'actors: ses_c; ses_b',
    'behaviours: ses_b/behaviour',
  ]);
  // It was rotated: its actor keeps its name.
  const rotated = session({ id: 'ses_new', actor: 'ses_b' });
  expect(leaksIn(found({ sessions: [session(), rotated] }, { actors }))).toEqual([]);
});

test('a behaviour that is said to run has a session in memory', () => {
  const away = session({ actor: null });
  const all = (['running', 'restarting', 'stored', 'stopped', 'failed', 'done'] as const).map(
    (behaviour) => leaksIn(found({ sessions: [{ ...away, behaviour }] })),
  );
  expect(all.flat()).toEqual(['behaviours: ses_a: running', 'behaviours: ses_a: restarting']);
});

test('lanes are told by their session, where that is known', () => {
  const sessions = [session({ inLane: true }), session({ id: 'ses_b' })];
  expect(leaksIn(found({ lanes: 1, sessions }))).toEqual(['lanes: ses_a']);
  expect(leaksIn(found({ lanes: 3, sessions }))).toEqual([
    'lanes: ses_a; a session nobody knows × 2',
  ]);
});

test('operations and tables are a leak of a closed runtime only', () => {
  const held = { sessions: [session({ operations: ['work'] })], others: { 'keys taken': 2 } };
  expect(leaksIn(found(held))).toEqual([]);
  expect(leaksIn(found({ ...held, closed: true }))).toEqual([
    'runtime: ses_a: the operation "work"; 2 keys taken',
  ]);
});

test('a store is a leak where its runtime is closed and it is not', () => {
  expect(leaksIn(found({}, { storeIsClosed: false }))).toEqual([]);
  expect(leaksIn(found({ closed: true }, { storeIsClosed: false }))).toEqual([
    'store: it is not closed',
  ]);
});
