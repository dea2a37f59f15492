import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, createMachine, fromPromise, sendTo, setup, spawnChild } from 'xstate';
import type { Session } from '../../../src/index.ts';
import { newCheckpoint, restored } from '../../../src/runtime/behaviour/checkpoint.ts';
import { behaving, eventsOfType, viewOf } from './behaviour-under-test.ts';

class Reference {
  readonly id = 'ses';
}

const REFERENCE = new Reference() as Session; // Only its identity is looked at.

test('a checkpoint is a copy, and what is restored from it another', () => {
  const original = { list: [{ n: 1 }], undefined: undefined };
  const checkpoint = newCheckpoint(1, original, REFERENCE, []);
  const [first, second] = [1, 2].map(() => restored(checkpoint, REFERENCE).snapshot);
  expect(first).toEqual({ list: [{ n: 1 }] });
  expect(first).not.toBe(second);
  Reflect.set(Object(first), 'list', 'changed');
  expect(second).toEqual({ list: [{ n: 1 }] });
});

test('any JSON comes back as it was, with the reference to the session wherever it stood', () => {
  const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));
  const leaf = fc.oneof(json, fc.constant(REFERENCE));
  const tree = fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), fc.array(leaf)));
  fc.assert(
    fc.property(tree, (value) => {
      const checkpoint = newCheckpoint(1, value, REFERENCE, []);
      expect(JSON.parse(JSON.stringify(checkpoint))).toEqual(checkpoint);
      const back = restored(checkpoint, REFERENCE).snapshot;
      expect(back).toEqual(value);
      expect(sessionsIn(back)).toBe(sessionsIn(value));
    }),
  );
});

const sessionsIn = (value: unknown): number => {
  if (value === REFERENCE) return 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, item) => sum + sessionsIn(item), 0);
};

test('what JSON cannot carry is refused with the place where it is', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const bad of [
    new Date(),
    new Map(),
    new Error('x'),
    () => 1,
    1n,
    Number.NaN,
    cycle,
    [undefined],
  ]) {
    expect(() => newCheckpoint(1, { context: { list: [1, bad] } }, REFERENCE, [])).toThrow(
      'context.list.1',
    );
  }
});

const delay = (event: { type: string; [field: string]: unknown }) => ({
  from: [],
  to: ['tool'],
  event,
  id: null,
  due: 1_000,
});

test('what waits to be delivered is copied too, each time', () => {
  const event = { type: 'go', list: [1] };
  const checkpoint = newCheckpoint(1, {}, REFERENCE, [delay(event)]);
  event.list.push(2);
  const [first, second] = [1, 2].map(() => restored(checkpoint, REFERENCE).delays[0]);
  expect(first).toEqual(delay({ type: 'go', list: [1] }));
  Reflect.set(Object(first?.event), 'list', 'changed');
  expect(second).toEqual(delay({ type: 'go', list: [1] }));
});

test('an event that JSON cannot carry is refused with its place; the session in one too', () => {
  for (const bad of [new Date(), () => 1, REFERENCE]) {
    const pending = [delay({ type: 'fine' }), delay({ type: 'go', deep: { bad } })];
    expect(() => newCheckpoint(1, {}, REFERENCE, pending)).toThrow('delays.1.event.deep.bad');
  }
});

const keeping = setup({
  types: {
    context: {} as { session: Session; n: number; odd: unknown },
    events: {} as { type: 'add' } | { type: 'odd'; odd: unknown } | { type: 'crash' },
    input: {} as { session: Session },
  },
}).createMachine({
  context: ({ input }) => ({ session: input.session, n: 0, odd: null }),
  on: {
    add: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    odd: { actions: assign({ odd: ({ event }) => event.odd }) },
    crash: {
      actions: () => {
        throw new Error('boom');
      },
    },
  },
});

test('the session in the context survives a restart', async () => {
  const { clock, session } = await behaving({ logic: keeping });
  await session.send({ type: 'add' });
  await session.send({ type: 'crash' });
  await clock.advance(500);
  const { context } = viewOf(session).getSnapshot();
  expect(context.n).toBe(1);
  expect(context.session.id).toBe(session.id);
  await context.session.touch();
  await session.send({ type: 'add' });
  await session.send({ type: 'crash' });
  await clock.advance(1_000);
  expect(viewOf(session).getSnapshot().context.n).toBe(2);
});

test('a snapshot that cannot be kept is reported once, by its place, and a restart is from the input', async () => {
  const { clock, session, events } = await behaving({ logic: keeping });
  await session.send({ type: 'add' });
  await session.send({ type: 'odd', odd: new Date(0) });
  await session.send({ type: 'add' });
  const reports = () =>
    eventsOfType(events, 'runtime.error').filter(({ error }) => String(error).includes('kept'));
  expect(reports()).toHaveLength(1);
  expect(reports()[0]?.error).toMatchObject({ cause: { option: 'context.odd' } });
  await session.send({ type: 'crash' });
  await clock.advance(500);
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
  // It can be kept again, and is.
  await session.send({ type: 'add' });
  await session.send({ type: 'crash' });
  await clock.advance(1_000);
  expect(viewOf(session).getSnapshot().context.n).toBe(1);
  expect(reports()).toHaveLength(1);
});

test('a child without a name cannot be kept either', async () => {
  const logic = createMachine({
    initial: 'up',
    context: { n: 0 },
    states: {
      up: { entry: spawnChild(createMachine({})), on: { add: { actions: assign({ n: 1 }) } } },
    },
    on: {
      crash: {
        actions: () => {
          throw new Error('boom');
        },
      },
    },
  });
  const { clock, session, events } = await behaving({ logic });
  await session.send({ type: 'add' });
  await session.send({ type: 'crash' });
  await clock.advance(500);
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
  expect(String(eventsOfType(events, 'runtime.error')[0]?.error)).toContain('cannot be kept');
});

test('named children go on from where they were, with the session in their input', async () => {
  const seen: string[] = [];
  const logic = setup({
    types: { input: {} as { session: Session }, context: {} as { session: Session } },
    actors: {
      asks: fromPromise<never, { session: Session }>(({ input }) => {
        seen.push(input.session.id);
        return new Promise(() => {});
      }),
      counts: createMachine({
        context: { n: 0 },
        on: { add: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
      }),
    },
  }).createMachine({
    context: ({ input }) => input,
    invoke: [
      { id: 'asks', src: 'asks', input: ({ context }) => context },
      { id: 'counts', src: 'counts' },
    ],
    on: {
      add: { actions: sendTo('counts', { type: 'add' }) },
      crash: {
        actions: () => {
          throw new Error('boom');
        },
      },
    },
  });
  const { clock, session } = await behaving({ logic });
  await session.send({ type: 'add' });
  await session.touch();
  await session.append({ role: 'user', content: 'a commit of something else' });
  await session.send({ type: 'crash' });
  await clock.advance(500);
  expect(viewOf(session).getSnapshot().children.counts.getSnapshot().context.n).toBe(1);
  expect(seen).toEqual([session.id, session.id]);
});

test('the session is put only where it was taken out, and nowhere that all objects share', () => {
  const checkpoint = newCheckpoint(1, { context: { of: REFERENCE, n: 1 } }, REFERENCE, []);
  for (const path of [
    ['__proto__', 'polluted'],
    ['context', '__proto__', 'polluted'],
    ['context', 'constructor', 'polluted'],
    ['context', 'n'],
    ['context', 'other'],
  ]) {
    const led = { ...checkpoint, session: [path] };
    expect(() => restored(led, REFERENCE), path.join('.')).toThrow(/place of the session/);
  }
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
