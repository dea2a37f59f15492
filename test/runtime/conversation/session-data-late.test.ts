import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, test } from 'vitest';
import { InvalidDataError, TimeoutError } from '../../../src/index.ts';
import { quietRuntime, rejectionOf, standing, toldOf } from '../fixture.ts';

// A schema that never answers holds nothing for ever.

type Result = StandardSchemaV1.Result<unknown>;

/** A runtime whose schema answers at once, until it is told to be silent. */
const withSchema = (initTimeoutMs?: number) => {
  let silent = false;
  const data: StandardSchemaV1 = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: (value) => (silent ? new Promise<Result>(() => undefined) : { value: value ?? {} }),
    },
  };
  const limits = initTimeoutMs === undefined ? {} : { initTimeoutMs };
  const world = quietRuntime({ data, maxPerPrincipal: 1, ...limits });
  const speak = (): void => {
    silent = false;
  };
  const hush = (): void => {
    silent = true;
  };
  return { ...world, speak, hush };
};

test('create is given up after initTimeoutMs, and its slot is free', async () => {
  const { clock, runtime, events, hush, speak } = withSchema(7_000);
  hush();
  const pending = clock.pending;
  const created = runtime.create({ principal: 'ada' });
  const refusal = rejectionOf(created);
  await clock.advance(6_999);
  expect((await standing(clock, created)).is).toBe('pending');
  await clock.advance(1);
  const error = await refusal;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ timeoutMs: 7_000, retryable: true });
  expect([runtime.stats().resident, events, clock.pending]).toEqual([0, [], pending]);
  expect(runtime.validateAll()).toEqual([]);
  speak();
  expect((await runtime.create({ principal: 'ada' })).state).toBe('active');
});

test('update is given up after it too, and nothing is changed', async () => {
  const { clock, runtime, events, hush, speak } = withSchema();
  const session = await runtime.create({ data: { n: 1 } });
  hush();
  const refusal = rejectionOf(session.update(() => ({ n: 2 })));
  await clock.advance(30_000);
  expect(await refusal).toBeInstanceOf(TimeoutError);
  expect(session.data).toEqual({ n: 1 });
  expect(toldOf(events, session.id)).not.toContain('updated');
  speak();
  expect(await session.update(() => ({ n: 3 }))).toEqual({ n: 3 });
});

test('a schema that answers at once puts nothing on the clock', async () => {
  const { clock, runtime } = withSchema();
  let scheduled = 0;
  const schedule = clock.scheduler.schedule.bind(clock.scheduler);
  clock.scheduler.schedule = (...given: Parameters<typeof schedule>) => {
    scheduled += 1;
    return schedule(...given);
  };
  const session = await runtime.create();
  await session.update(() => ({ n: 1 }));
  expect(scheduled).toBe(0);
});

test.each([
  ['nothing', undefined],
  ['issues that are no list', { issues: 'bad' }],
])('a schema that gives %s refuses, by its own error, and leaves nothing', async (_, result) => {
  const schema = { '~standard': { version: 1, vendor: 'test', validate: () => result } };
  const { runtime } = quietRuntime({ data: schema as never });
  expect(await rejectionOf(runtime.create())).toBeInstanceOf(InvalidDataError);
  expect(runtime.stats().resident).toBe(0);
});
