import { expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import type { BehaviourSpec, Session } from '../../../src/index.ts';
import { after, crash, durableRuntime, processOver, REST_MS } from '../residency/fixture.ts';

interface Given {
  readonly session: Session;
  readonly input: unknown;
}

/** Version 1: it counts, waits for an hour, and keeps the session under a name of its own. */
const first = setup({
  types: {
    context: {} as { owner: Session; n: number; given: unknown },
    events: {} as { type: 'count' },
    input: {} as Given,
  },
  delays: { later: 3_600_000 },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ owner: input.session, n: 0, given: input.input }),
  initial: 'open',
  states: {
    open: {
      on: { count: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
      after: { later: 'late' },
    },
    late: {},
  },
});

/** The same, in version 3: the count is a list, the session has another name. */
const third = setup({
  types: {
    context: {} as { session: Session; counts: number[]; given: unknown },
    events: {} as { type: 'count' },
    input: {} as Given,
  },
  delays: { later: 3_600_000 },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ session: input.session, counts: [], given: input.input }),
  initial: 'open',
  states: { open: { after: { later: 'late' } }, late: {} },
});

interface Kept {
  readonly snapshot: { context: Record<string, unknown> } | null;
  readonly input: unknown;
}

/** A step that changes only the context. */
const onContext = (
  change: (context: Record<string, unknown>) => Record<string, unknown>,
): NonNullable<BehaviourSpec['migrate']>[number] => {
  return (given) => {
    const { snapshot, input } = given as Kept; // As XState keeps a machine.
    return {
      snapshot: snapshot === null ? null : { ...snapshot, context: change(snapshot.context) },
      input,
    };
  };
};

const migrate: NonNullable<BehaviourSpec['migrate']> = {
  1: onContext(({ n, ...rest }) => ({ ...rest, counts: Array(n as number).fill(1) })),
  2: onContext(({ owner, ...rest }) => ({ ...rest, session: owner })),
};

const V1: BehaviourSpec = { logic: first };
const V3: BehaviourSpec = { logic: third, version: 3, migrate };

/** What a process with version 1 left behind, put away. */
const left = async () => {
  const process = durableRuntime({
    behaviours: { it: V1 },
    deadlines: { idleTimeoutMs: 10_000_000, pausedTimeoutMs: 10_000_000, maxLifetimeMs: 'off' },
  });
  const { clock, runtime } = process;
  const { id } = await after(clock, runtime.create({ behaviour: 'it', input: { about: 'tea' } }));
  const session = await after(clock, runtime.get(id));
  await after(clock, session.send({ type: 'count' }));
  await after(clock, session.send({ type: 'count' }));
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  crash(process);
  return { process, id };
};

const LONG = { deadlines: { idleTimeoutMs: 10_000_000, maxLifetimeMs: 'off' } } as const;

const contextOf = (session: Session): unknown => session.behaviour?.getSnapshot().context;

test('what an older version left is taken to the present one, step by step, and goes on there', async () => {
  const { process, id } = await left();
  const { clock, disk } = process;
  const { runtime, events } = processOver(process, { behaviours: { it: V3 }, ...LONG });
  const session = await after(clock, runtime.get(id));
  await after(clock, session.touch());
  expect(session.info().unreadable).toBeNull();
  expect(contextOf(session)).toMatchObject({ counts: [1, 1], given: { about: 'tea' } });
  // Its delay is due when it was due.
  await clock.advance(3_600_000);
  await after(clock, session.touch());
  expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'late' });
  expect(disk.records()).toMatchObject([{ snapshot: { machineId: 'counter', machineVersion: 3 } }]);
  expect(events.filter(({ type }) => type === 'runtime.error')).toEqual([]);
});

test('it happens in memory at the wake, and is recorded with the next commit', async () => {
  const { process, id } = await left();
  const { clock, disk } = process;
  const { runtime } = processOver(process, { behaviours: { it: V3 }, ...LONG });
  const session = await after(clock, runtime.get(id));
  await after(clock, session.touch());
  expect(contextOf(session)).toMatchObject({ counts: [1, 1] });
  expect(disk.records()).toMatchObject([
    { snapshot: { machineVersion: 1, checkpoint: { snapshot: { context: { n: 2 } } } } },
  ]);
  await after(
    clock,
    session.update(() => 'something'),
  );
  expect(disk.records()).toMatchObject([
    { snapshot: { machineVersion: 3, checkpoint: { snapshot: { context: { counts: [1, 1] } } } } },
  ]);
});

test('the reference to the session is put back where a step moved it', async () => {
  const { process, id } = await left();
  const { clock } = process;
  const { runtime } = processOver(process, { behaviours: { it: V3 }, ...LONG });
  const session = await after(clock, runtime.get(id));
  await after(clock, session.touch());
  const { session: own } = contextOf(session) as { session: Session };
  expect(own.id).toBe(id);
  expect(own.info()).toEqual(session.info());
});

test('a version of today is never migrated', async () => {
  let steps = 0;
  const counted = onContext((context) => {
    steps += 1;
    return context;
  });
  const behaviours = { it: { logic: first, version: 2, migrate: { 1: counted } } };
  const process = durableRuntime({ behaviours });
  const { clock, runtime } = process;
  const session = await after(clock, runtime.create({ behaviour: 'it' }));
  await clock.advance(10_000 + REST_MS + 600);
  expect(session.info().residency).toBe('stored');
  await after(clock, session.send({ type: 'count' }));
  expect(contextOf(session)).toMatchObject({ n: 1 });
  expect(steps).toBe(0);
});
