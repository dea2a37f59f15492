import { expect, test } from 'vitest';
import {
  OperationAbortedError,
  SessionPausedError,
  SessionTerminatedError,
  TimeoutError,
} from '../../../src/index.ts';
import { rejectionOf, toldOf } from '../fixture.ts';
import { begun, DURABLE } from './durable-fixture.ts';

test.each([
  ['its id', OperationAbortedError, 'aborted'],
  ['its time', TimeoutError, 'timed-out'],
  ['a pause', SessionPausedError, 'aborted'],
  ['the end of the session', SessionTerminatedError, 'aborted'],
] as const)('it is aborted by %s, and that is journalled once', async (by, kind, outcome) => {
  const { session, clock, journal } = await begun();
  const result = session.run('hang', 1, { ...DURABLE, id: 'op', timeoutMs: 5_000 });
  const error = rejectionOf(result);
  await clock.settle();
  if (by === 'its id') session.abort('op');
  if (by === 'its time') await clock.advance(5_000);
  if (by === 'a pause') await session.pause({ abort: true });
  if (by === 'the end of the session') await session.terminate();
  expect(await error).toBeInstanceOf(kind);
  await clock.settle();
  expect(await journal()).toMatchObject([{ phase: 'started' }, { phase: 'finished', outcome }]);
});

test('its end and the end of its session are recorded together, and told in that order', async () => {
  const { session, clock, events, store, memory } = await begun();
  session.run('hang', 1, DURABLE).catch(() => undefined);
  await clock.settle();
  const before = store.calls;
  await session.terminate();
  expect(store.calls - before).toBe(1);
  expect((await memory.load(session.id))?.journalSeq).toBe(2);
  expect(toldOf(events, session.id).slice(3)).toEqual([
    'operation-started',
    'operation-finished',
    'active>terminating',
    'terminating>terminated',
    'ended:client',
  ]);
});

test('aborted while its start is being recorded: it is never called, and finished in the journal', async () => {
  const { session, store, clock, calls, journal, events } = await begun();
  store.break('stall');
  const result = session.run('echo', 1, { ...DURABLE, id: 'op' });
  const error = rejectionOf(result);
  session.abort('op');
  expect(await error).toBeInstanceOf(OperationAbortedError);
  store.heal();
  await clock.advance(1_000);
  expect(calls).toEqual([]);
  expect(await journal()).toMatchObject([{ phase: 'started' }, { outcome: 'aborted' }]);
  expect(toldOf(events, session.id).filter((event) => event.startsWith('operation'))).toEqual([]);
});

test('it waits for a place as any other, and one that is aborted there leaves no trace', async () => {
  const { session, clock, finish, journal, calls } = await begun({ maxConcurrentOperations: 1 });
  const first = session.run('hang', 1, DURABLE);
  const second = session.run('echo', 2, DURABLE);
  const third = rejectionOf(session.run('echo', 3, { ...DURABLE, id: 'third' }));
  await clock.settle();
  expect(session.operations()).toMatchObject([
    { name: 'hang', durable: true, state: 'running' },
    { name: 'echo', durable: true, state: 'queued' },
    { id: 'third', state: 'queued' },
  ]);
  expect(await journal()).toMatchObject([{ phase: 'started', input: 1 }]);
  session.abort('third');
  finish('x');
  await Promise.all([first, second, third]);
  expect(calls).toEqual([1, 2]);
  expect((await journal()).length).toBe(4);
});

test('a session that another owner won: its callers are told, and the journal is the other owner’s', async () => {
  const { session, memory, clock, finish, journal } = await begun();
  const result = session.run('hang', 1, DURABLE);
  const error = rejectionOf(result);
  await clock.settle();
  const held = await memory.load(session.id);
  if (held !== null) await memory.release(held);
  await memory.claim(session.id, 'another');
  finish('done');
  expect(await error).toMatchObject({ code: 'ERR_HOLDFAST_FENCED' });
  await clock.advance(1_000);
  expect(await journal()).toMatchObject([{ phase: 'started' }]);
});

test('aborted while its start waits for room in the journal: neither is written', async () => {
  const { session, store, clock, calls, journal } = await begun({
    journal: { maxEntries: 3, onFull: 'drop-oldest' },
  });
  await session.run('nothing', 1, DURABLE);
  session.run('hang', 2, DURABLE).catch(() => undefined);
  await clock.settle();
  store.break('stall');
  const third = session.run('echo', 3, { ...DURABLE, id: 'third' });
  const error = rejectionOf(third);
  await clock.settle();
  session.abort('third');
  expect(await error).toBeInstanceOf(OperationAbortedError);
  store.heal();
  await clock.advance(1_000);
  expect(calls).toEqual([1, 2]);
  expect((await journal()).filter((entry) => JSON.stringify(entry).includes('third'))).toEqual([]);
});

test('a journal that is full refuses it before its handler is called', async () => {
  const { session, calls } = await begun({ journal: { maxEntries: 2 } });
  await session.run('nothing', 1, DURABLE);
  const refused = await rejectionOf(session.run('nothing', 2, DURABLE));
  expect(refused).toMatchObject({ code: 'ERR_HOLDFAST_JOURNAL_FULL' });
  expect([calls, session.info().inFlight]).toEqual([[1], 0]);
});
