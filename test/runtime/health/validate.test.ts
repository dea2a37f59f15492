import { expect, test } from 'vitest';
import { createMemoryStore, mintSessionId, StoreError } from '../../../src/index.ts';
import { faultyRuntime, noted, quietRuntime, rejectionOf, TICK } from '../fixture.ts';

const UNKNOWN = { valid: false, problem: 'unknown' };
const ENDED = { valid: false, problem: 'ended' };

test('a live session is valid for its principal and for the runtime itself, and tells its state', async () => {
  const { runtime, clock } = quietRuntime();
  const { id } = await runtime.create({ principal: 'ada' });
  await clock.advance(10_000 + TICK);
  const valid = { valid: true, state: 'idle' };
  expect(await runtime.validate(id)).toEqual(valid);
  expect(await runtime.validate(id, { principal: 'ada' })).toEqual(valid);
  expect(await runtime.as('ada').validate(id)).toEqual(valid);
});

test('to ask is no activity', async () => {
  const { runtime, clock } = quietRuntime();
  const session = await runtime.create();
  const { lastActivityAt } = session.info();
  await clock.advance(10_000 + TICK);
  await runtime.as(null).validate(session.id);
  expect([session.state, session.info().lastActivityAt]).toEqual(['idle', lastActivityAt]);
});

test('an id nobody can have minted is malformed, to everybody', async () => {
  const { runtime } = quietRuntime();
  for (const id of ['', 'ses_', `ses_${'x'.repeat(33)}`, 7 as unknown as string]) {
    expect(await runtime.validate(id)).toEqual({ valid: false, problem: 'malformed' });
    expect(await runtime.as(null).validate(id)).toEqual({ valid: false, problem: 'malformed' });
  }
});

test("somebody else's session is unknown, alive or ended, as one that never was", async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  const others = [runtime.as('eve'), runtime.as(null)];
  for (const other of others) {
    expect(await other.validate(session.id)).toEqual(UNKNOWN);
    expect(await other.validate(mintSessionId())).toEqual(UNKNOWN);
  }
  await session.terminate();
  for (const other of others) expect(await other.validate(session.id)).toEqual(UNKNOWN);
});

test('an end is told to its principal and to the runtime, never to an anonymous caller', async () => {
  const { runtime } = quietRuntime();
  const own = await runtime.create({ principal: 'ada' });
  const anonymous = await runtime.create();
  await Promise.all([own.terminate(), anonymous.terminate()]);
  expect(await runtime.as('ada').validate(own.id)).toEqual(ENDED);
  expect(await runtime.validate(own.id)).toEqual(ENDED);
  expect(await runtime.validate(anonymous.id)).toEqual(ENDED);
  expect(await runtime.as(null).validate(anonymous.id)).toEqual(UNKNOWN);
});

test('from the moment the end begins an id is of no use, recorded or not', async () => {
  const { runtime, store } = faultyRuntime();
  const own = await runtime.create({ principal: 'ada' });
  const anonymous = await runtime.create();
  store.break('stall');
  own.terminate().catch(() => undefined);
  anonymous.terminate().catch(() => undefined);
  expect(own.state).toBe('active');
  expect(await runtime.as('ada').validate(own.id)).toEqual(ENDED);
  expect(await runtime.as(null).validate(anonymous.id)).toEqual(UNKNOWN);
});

test('the same look-ups as get, whatever the answer', async () => {
  const calls: string[] = [];
  const { runtime } = quietRuntime({ store: noted(createMemoryStore(), calls) });
  const session = await runtime.create({ principal: 'ada' });
  const gone = await runtime.create({ principal: 'ada' });
  await gone.terminate();
  for (const caller of [runtime.as('ada'), runtime.as('eve'), runtime.as(null)]) {
    for (const id of [session.id, gone.id, mintSessionId(), 'malformed']) {
      calls.length = 0;
      await caller.get(id).catch(() => undefined);
      const asGet = [...calls];
      calls.length = 0;
      await caller.validate(id);
      expect(calls).toEqual(asGet);
    }
  }
});

test('a store that cannot be read is no answer', async () => {
  const { runtime, store } = faultyRuntime();
  store.break('fail');
  expect(await rejectionOf(runtime.validate(mintSessionId()))).toBeInstanceOf(StoreError);
});
