import { expect, test } from 'vitest';
import { InvalidOptionError, LIMITS, StoreError } from '../../../src/index.ts';
import { rejectionOf, standing, toldOf } from '../fixture.ts';
import { begun, DURABLE } from './durable-fixture.ts';

test('its start and its outcome are in the journal when its caller has the result', async () => {
  const { session, journal, clock, events } = await begun();
  const at = clock.wall();
  const result = await session.run('echo', { a: [1, null] }, { ...DURABLE, id: 'op' });
  expect(result).toEqual({ echoed: { a: [1, null] } });
  const whose = { kind: 'operation', operation: 'op', name: 'echo', at };
  expect(await journal()).toEqual([
    { ...whose, phase: 'started', input: { a: [1, null] } },
    { ...whose, phase: 'finished', outcome: 'done', result: { echoed: { a: [1, null] } } },
  ]);
  expect(toldOf(events, session.id).slice(3)).toEqual(['operation-started', 'operation-finished']);
});

test('the handler is given a copy of the input, and its caller a copy of the result', async () => {
  const { session, calls } = await begun();
  const input = { list: [1] };
  const result = session.run<{ echoed: { list: number[] } }>('echo', input, DURABLE);
  input.list.push(2);
  expect((await result).echoed.list).toEqual([1]);
  expect(calls).toEqual([{ list: [1] }]);
  expect(calls[0]).not.toBe(input);
});

test('nothing may be given and nothing returned', async () => {
  const { session, journal, calls } = await begun();
  expect(await session.run('nothing', undefined, DURABLE)).toBe(undefined);
  expect(calls).toEqual([undefined]);
  const [started, finished] = (await journal()) as object[];
  expect([started && 'input' in started, finished && 'result' in finished]).toEqual([false, false]);
});

test('a name nobody registered is refused with those that are', async () => {
  const { session, journal } = await begun();
  for (const name of ['typo', 'constructor', '__proto__']) {
    const refused = await rejectionOf(session.run(name, {}, DURABLE));
    expect(refused).toBeInstanceOf(InvalidOptionError);
    expect(refused).toMatchObject({ option: 'name', value: name });
    expect(String(refused)).toContain('echo, nothing, fail, hang, date, long');
  }
  const { session: bare } = await begun({ operations: {} });
  expect(String(await rejectionOf(bare.run('echo', {}, DURABLE)))).toContain('no operations are');
  expect(await journal()).toEqual([]);
});

test.each([
  () => 1,
  new Date(0),
  Number.NaN,
  { deep: undefined, big: 1n },
  'x'.repeat(LIMITS.messageBytes),
])('an input that no journal can keep is refused: case %#', async (input) => {
  const { session, calls, journal } = await begun();
  const refused = await rejectionOf(session.run('echo', input, DURABLE));
  expect(refused).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION', option: 'input' });
  expect([calls, await journal(), session.info().inFlight]).toEqual([[], [], 0]);
});

test.each(['date', 'long'])(
  'a result that no journal can keep fails the operation: %s',
  async (name) => {
    const { session, journal } = await begun();
    const refused = await rejectionOf(session.run(name, null, DURABLE));
    expect(refused).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION', option: 'result' });
    expect(await journal()).toMatchObject([
      { phase: 'started' },
      { phase: 'finished', outcome: 'failed' },
    ]);
  },
);

test('what the handler throws is journalled in short, and thrown to its caller', async () => {
  const { session, journal } = await begun();
  expect(await rejectionOf(session.run('fail', null, DURABLE))).toEqual(new Error('no such luck'));
  expect((await journal())[1]).toMatchObject({ outcome: 'failed', error: 'no such luck' });
});

test('the handler is not called before its start is recorded', async () => {
  const { session, store, clock, calls, events } = await begun();
  store.break('stall');
  const result = session.run('echo', 1, DURABLE);
  await clock.advance(1_000);
  expect([calls, session.info().inFlight]).toEqual([[], 1]);
  expect(toldOf(events, session.id)).not.toContain('operation-started');
  store.heal();
  expect(await result).toEqual({ echoed: 1 });
});

test('where its start is not recorded the handler is never called, then or later', async () => {
  const { session, store, clock, calls, journal, events } = await begun();
  store.break('fail');
  const refused = await rejectionOf(session.run('echo', 1, DURABLE));
  expect(refused).toBeInstanceOf(StoreError);
  expect(refused).toMatchObject({ durable: false, retryable: true });
  store.heal();
  await clock.advance(60_000);
  expect([calls, await journal(), session.info().inFlight]).toEqual([[], [], 0]);
  expect(toldOf(events, session.id).filter((event) => event.startsWith('operation'))).toEqual([]);
});

test('where nobody can say whether its start is recorded it is not called, and not left unfinished', async () => {
  const { session, store, clock, calls, journal } = await begun();
  store.break('lose-answer');
  expect(await rejectionOf(session.run('echo', 1, DURABLE))).toBeInstanceOf(StoreError);
  store.heal();
  await clock.advance(60_000);
  expect(calls).toEqual([]);
  expect(await journal()).toMatchObject([
    { phase: 'started' },
    { phase: 'finished', outcome: 'failed' },
  ]);
});

test.each(['fail', 'lose-answer'] as const)(
  'an outcome that is not recorded is not returned; it gets into the journal once: %s',
  async (fault) => {
    const { session, store, clock, finish, journal, events } = await begun();
    const result = session.run('hang', 1, DURABLE);
    await clock.settle();
    store.break(fault);
    finish('done');
    expect(await rejectionOf(result)).toBeInstanceOf(StoreError);
    expect(toldOf(events, session.id)).not.toContain('operation-finished');
    store.heal();
    await clock.advance(60_000);
    expect(await journal()).toMatchObject([
      { phase: 'started' },
      { phase: 'finished', outcome: 'done', result: 'done' },
    ]);
    expect(
      toldOf(events, session.id).filter((event) => event === 'operation-finished').length,
    ).toBe(1);
  },
);

test('the result waits for its record', async () => {
  const { session, store, clock, finish } = await begun();
  const result = session.run('hang', 1, DURABLE);
  await clock.settle();
  store.break('stall');
  finish('done');
  expect((await standing(clock, result)).is).toBe('pending');
  store.heal();
  expect(await standing(clock, result)).toEqual({ is: 'resolved', with: 'done' });
});
