import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type BoundRuntime,
  createRuntime,
  InvalidDataError,
  type Runtime,
  type Session,
} from '../../src/index.ts';

// What the compiler promises of a session's data. `tsc -p test/tsconfig.json` is what fails here.

const turns = z.object({ name: z.string(), turns: z.number().default(0) });
type Turns = { name: string; turns: number };

test('a zod schema types the data, the updates and everything that is given a session', async () => {
  const runtime = createRuntime({
    data: turns,
    initialize: (session) => {
      expectTypeOf(session).toEqualTypeOf<Session<Turns>>();
    },
    cleanup: (session) => {
      expectTypeOf(session.data).toEqualTypeOf<Turns>();
    },
    hooks: {
      onCreated: (session) => {
        expectTypeOf(session.data.turns).toEqualTypeOf<number>();
      },
      onError: (_error, { session }) => {
        expectTypeOf(session).toEqualTypeOf<Session<Turns> | null>();
      },
    },
    operations: {
      count: (_input, { session }) => {
        expectTypeOf(session.data).toEqualTypeOf<Turns>();
      },
    },
  });
  const session = await runtime.create({ data: { name: 'Ada' } });
  expectTypeOf(session.data).toEqualTypeOf<Turns>();
  const updated = await session.update((data) => {
    expectTypeOf(data).toEqualTypeOf<Turns>();
    return { ...data, turns: data.turns + 1 };
  });
  expectTypeOf(updated).toEqualTypeOf<Turns>();
  expect(updated).toEqual({ name: 'Ada', turns: 1 });
  expectTypeOf(await runtime.as('ada').create({ data: { name: '' } })).toEqualTypeOf(session);
  expectTypeOf(await runtime.get(session.id)).toEqualTypeOf(session);
  await session.run('look', (context) => {
    expectTypeOf(context.session.data).toEqualTypeOf<Turns>();
  });
  await runtime.close();
});

test('create takes what the schema takes, and update gives what the schema gave', async () => {
  const runtime = createRuntime({ data: turns });
  type Keyed = Parameters<typeof runtime.getOrCreate>[0];
  expectTypeOf<{ key: string; data: { name: string } }>().toExtend<Keyed>();
  expectTypeOf<{ key: string; data: { name: number } }>().not.toExtend<Keyed>();
  const session = await runtime.create({ data: { name: 'Ada' } });
  // @ts-expect-error a field is missing
  await expect(runtime.create({ data: { turns: 1 } })).rejects.toThrow(InvalidDataError);
  // @ts-expect-error a field of another type
  await expect(runtime.create({ data: { name: 1 } })).rejects.toThrow(InvalidDataError);
  // @ts-expect-error a field is missing, though the schema would fill it in
  await session.update((data) => ({ name: data.name }));
  const wrong = () =>
    // @ts-expect-error a field of another type
    session.update((data) => ({ ...data, turns: 'one' }));
  await expect(wrong()).rejects.toThrow(InvalidDataError);
  await runtime.close();
});

test('a schema of another vendor, a runtime without one, and one passed on as any runtime', async () => {
  const own: StandardSchemaV1<{ n: string }, { n: string; seen: boolean }> = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: (value) => ({ value: { n: String(value), seen: true } }),
    },
  };
  const typed = createRuntime({ data: own });
  expectTypeOf(typed).toEqualTypeOf<Runtime<{ n: string; seen: boolean }, { n: string }>>();
  const plain = createRuntime();
  expectTypeOf(plain).toEqualTypeOf<Runtime<unknown, unknown>>();
  expectTypeOf((await plain.create({ data: [1] })).data).toBeUnknown();
  const told = createRuntime<{ n: number }>();
  expectTypeOf((await told.create({ data: { n: 1 } })).data).toEqualTypeOf<{ n: number }>();
  const passed: Runtime = typed;
  const bound: BoundRuntime = typed.as('ada');
  expect(bound.principal).toBe('ada');
  await Promise.all([passed.close(), plain.close(), told.close()]);
});
