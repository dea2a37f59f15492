import { describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { type BehaviourSpec, SessionUnreadableError } from '../../../src/index.ts';
import { eventsOfType } from '../behaviour/behaviour-under-test.ts';
import { rejectionOf } from '../fixture.ts';
import { after as answered, crash, durableRuntime, processOver, REST_MS } from './fixture.ts';
import { errorsIn, NEEDS } from './newer-record.ts';

// What its behaviour goes on from cannot be restored here: somebody forgot to raise a version, or a migration is wrong.

const types = {
  context: {} as { n: number },
  events: {} as { type: 'GO'; n: number },
};

/** It goes from `a` to `b`, and does something there by itself after 40 s. */
const m1 = setup({ types, delays: { soon: 40_000 } }).createMachine({
  id: 'm',
  context: { n: 0 },
  initial: 'a',
  states: {
    a: { on: { GO: { target: 'b', actions: assign({ n: ({ event }) => event.n }) } } },
    b: { after: { soon: 'c' } },
    c: {},
  },
});

/** The same, without `b`. */
const m2 = setup({ types }).createMachine({
  id: 'm',
  context: { n: 0 },
  initial: 'a',
  states: { a: {}, c: {} },
});

const WAYS: readonly (readonly [string, BehaviourSpec])[] = [
  ['a version that was not raised', { logic: m2 }],
  ['a wrong migration', { logic: m2, version: 2, migrate: { 1: (kept) => kept } }],
];

/** A session in `b`, with 42, that a process drained away. */
const left = async () => {
  const process = durableRuntime({ behaviours: { m: { logic: m1 } } });
  const { clock, runtime } = process;
  const session = await answered(
    clock,
    runtime.create({ principal: 'ada', behaviour: 'm', beats: 'off' }),
  );
  const go = { type: 'GO', n: 42 };
  await answered(clock, session.send(go));
  await answered(clock, runtime.drain());
  return { ...process, id: session.id };
};

const inB = { value: 'b', context: { n: 42 } };

describe.each(WAYS)('with %s', (_what, spec) => {
  test('a wake is refused, what is stored stays as it is, and a rollback finds it', async () => {
    const first = await left();
    const { clock, disk, id } = first;
    const [before] = disk.records();
    const second = processOver(first, { behaviours: { m: spec } });
    const session = await answered(clock, second.runtime.get(id));
    for (const [name, call] of Object.entries(NEEDS)) {
      const error = await rejectionOf(answered(clock, call(session), 20));
      expect(error, name).toBeInstanceOf(SessionUnreadableError);
      expect(error).toMatchObject({
        reason: expect.stringMatching(/^What version 1 of the behaviour "m" stored cannot be rest/),
        cause: { message: expect.stringMatching(/'b' does not exist/) },
      });
    }
    expect(session.info()).toMatchObject({
      residency: 'stored',
      state: 'idle',
      behaviour: 'm',
      unreadable: expect.stringMatching(/cannot be restored by version/),
    });
    expect((await answered(clock, second.runtime.list())).sessions).toEqual([session.info()]);
    expect(second.runtime.stats()).toMatchObject({ resident: 0, woken: 0 });
    expect(eventsOfType(second.events, 'session.behaviour-failed')).toEqual([]);
    await answered(clock, second.runtime.drain());
    const [later] = disk.records();
    expect(later).toMatchObject({ owner: null, snapshot: before?.snapshot, due: before?.due });

    const third = processOver(first, { behaviours: { m: { logic: m1 } } });
    const back = await answered(clock, third.runtime.get(id));
    expect(back.info().unreadable).toBeNull();
    await answered(clock, back.touch());
    expect(back.behaviour?.getSnapshot()).toMatchObject(inB);
    await clock.advance(50_000);
    expect(back.behaviour?.getSnapshot()).toMatchObject({ value: 'c', context: { n: 42 } });
  });

  test('it is claimed for the first try only, and nobody makes room for the others', async () => {
    const first = await left();
    const { clock, disk, id } = first;
    const { runtime } = processOver(first, { behaviours: { m: spec }, maxResident: 1 });
    const session = await answered(clock, runtime.get(id));
    await rejectionOf(answered(clock, session.touch()));
    const tried = disk.records();
    const resting = await answered(clock, runtime.create({ principal: 'bob' }));
    await clock.advance(11_000);
    await rejectionOf(answered(clock, session.touch()));
    expect(resting.info()).toMatchObject({ state: 'idle', residency: 'resident' });
    expect(disk.records().find((record) => record.id === id)).toEqual(tried[0]);
  });

  test('its delay is told once, no silence ends it, its lifetime and its owner do', async () => {
    const first = await left();
    const { clock, disk, id } = first;
    const second = processOver(first, { behaviours: { m: spec } });
    await clock.advance(500_000);
    expect(disk.records()).toMatchObject([{ state: 'idle', snapshot: { machineVersion: 1 } }]);
    expect(errorsIn(second.events)).toMatchObject([
      { where: `a stored deadline of ${id}`, error: { code: 'ERR_HOLDFAST_UNREADABLE' } },
    ]);
    await clock.advance(501_000);
    expect(disk.records()).toMatchObject([
      { state: 'terminated', session: { reason: 'max-lifetime' } },
    ]);
    const other = await left();
    const third = processOver(other, { behaviours: { m: spec } });
    const session = await answered(other.clock, third.runtime.get(other.id));
    expect(await answered(other.clock, session.terminate())).toBe('client');
    expect(session.info()).toMatchObject({ state: 'terminated', unreadable: null });
  });

  test('what is recorded of it while it is stored keeps what is stored of its behaviour', async () => {
    const first = await left();
    const { clock, disk, id } = first;
    const [before] = disk.records();
    const second = processOver(first, { behaviours: { m: spec } });
    const session = await answered(clock, second.runtime.get(id));
    session.beat();
    await answered(clock, second.runtime.drain());
    const [later] = disk.records();
    expect(later?.session.lastSignAt).toBeGreaterThan(before?.session.lastSignAt ?? 0);
    expect(later?.snapshot).toEqual(before?.snapshot);
  });
});

test('a deadline of its silence that is due is not kept, and that is told', async () => {
  const process = durableRuntime({ behaviours: { m: { logic: m1 } } });
  const { clock, disk, runtime } = process;
  const deadlines = { idleTimeoutMs: 30_000 };
  const made = await answered(clock, runtime.create({ behaviour: 'm', beats: 'off' }));
  await answered(clock, made.send({ type: 'GO' }));
  await answered(clock, runtime.drain());
  const { events } = processOver(process, { deadlines, behaviours: { m: { logic: m2 } } });
  await clock.advance(35_000);
  expect(disk.records()).toMatchObject([{ id: made.id, state: 'idle', owner: null }]);
  expect(errorsIn(events)).toMatchObject([{ where: `a stored deadline of ${made.id}` }]);
});

test('what was found is known for as long as the process lives, whoever still has a reference', async () => {
  const first = await left();
  const { clock, disk, id } = first;
  const { context, runtime, events } = processOver(first, { behaviours: { m: { logic: m2 } } });
  const session = await answered(clock, runtime.get(id));
  await rejectionOf(answered(clock, session.touch()));
  const reason = session.info().unreadable;
  // As where nobody has a reference any more, and the host is collected.
  const forget = (): void => {
    const host = context.away.get(id);
    if (host !== undefined) context.away.delete(host);
  };
  forget();
  expect((await answered(clock, runtime.list(), 5)).sessions).toMatchObject([
    { id, unreadable: reason },
  ]);
  for (let sweeps = 0; sweeps < 20; sweeps += 1) {
    forget();
    await clock.advance(10_000);
  }
  expect(disk.records()).toMatchObject([{ state: 'idle' }]);
  expect(errorsIn(events)).toHaveLength(1);
});

test('a behaviour that is over is not restored, so nothing of it stands in the way', async () => {
  const final = (state: string) =>
    setup({ types }).createMachine({
      id: 'm',
      context: { n: 0 },
      initial: 'a',
      states: { a: { on: { GO: state } }, [state]: { type: 'final' } },
    });
  const first = durableRuntime({ behaviours: { m: { logic: final('b') } } });
  const { clock, runtime } = first;
  const made = await answered(clock, runtime.create({ behaviour: 'm', beats: 'off' }));
  await answered(clock, made.send({ type: 'GO' }));
  expect(made.behaviour?.status).toBe('done');
  await answered(clock, runtime.drain());
  expect(first.disk.records()).toMatchObject([{ snapshot: { status: 'done' } }]);
  const second = processOver(first, { behaviours: { m: { logic: final('c') } } });
  const session = await answered(clock, second.runtime.get(made.id));
  await answered(clock, session.touch());
  expect(session.info()).toMatchObject({ residency: 'resident', unreadable: null });
  expect(session.behaviour?.status).toBe('done');
});

test('a step that is mended while the process runs is tried again', async () => {
  const first = await left();
  const { clock, id } = first;
  let to = 'b';
  const migrate: NonNullable<BehaviourSpec['migrate']> = {
    1: ({ input, snapshot }) => ({ input, snapshot: { ...Object(snapshot), value: to } }),
  };
  const { runtime } = processOver(first, {
    behaviours: { m: { logic: m2, version: 2, migrate } },
  });
  const session = await answered(clock, runtime.get(id));
  await rejectionOf(answered(clock, session.touch()));
  to = 'c';
  await answered(clock, session.touch());
  expect(session.info().unreadable).toBeNull();
  expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'c', context: { n: 42 } });
});

test('what fails only once it runs is dealt with as before: it begins anew', async () => {
  const behaviours = (fail: boolean) => ({
    m: {
      logic: setup({ types, delays: { at: 20_000 } }).createMachine({
        id: 'm',
        context: { n: 0 },
        initial: 'a',
        states: {
          a: {
            after: { at: 'done' },
            on: { GO: { actions: assign({ n: ({ event }) => event.n }) } },
          },
          done: {
            entry: () => {
              if (fail) throw new Error('on purpose');
            },
          },
        },
      }),
    },
  });
  const process = durableRuntime({ behaviours: behaviours(false) });
  const { clock, runtime } = process;
  const made = await answered(clock, runtime.create({ behaviour: 'm', beats: 'off' }));
  const go = { type: 'GO', n: 42 };
  await answered(clock, made.send(go));
  await clock.advance(10_000 + REST_MS + 600);
  crash(process);
  const second = processOver(process, { behaviours: behaviours(true) });
  await clock.advance(30_000);
  const session = await answered(clock, second.runtime.get(made.id));
  expect(eventsOfType(second.events, 'session.behaviour-failed').length).toBeGreaterThan(1);
  expect(session.info().unreadable).toBeNull();
  await answered(clock, session.touch());
  expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'a', context: { n: 0 } });
});

test('a snapshot that leads the session to what all objects share is refused', async () => {
  const first = await left();
  const { clock, disk, id } = first;
  const store = disk.open();
  const record = await answered(clock, store.load(id));
  if (record === null) throw new Error('It is not there.');
  const snapshot = structuredClone(record.snapshot) as { checkpoint: { session: unknown } };
  snapshot.checkpoint.session = [['__proto__', 'polluted']];
  await answered(clock, store.commit(record, { snapshot }));
  await answered(clock, store.close());
  const { runtime } = processOver(first, { behaviours: { m: { logic: m1 } } });
  const session = await answered(clock, runtime.get(id));
  expect(session.info().unreadable).toMatch(/is not what is written of one/);
  await rejectionOf(answered(clock, session.touch()));
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
