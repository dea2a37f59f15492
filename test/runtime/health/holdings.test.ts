import { expect, test } from 'vitest';
import { fromPromise, setup } from 'xstate';
import { contactOf, holdings } from '../../../src/runtime/health/holdings.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { openRuntime } from '../fixture.ts';

const never = (): Promise<never> => new Promise(() => undefined);

const quietly = (call: Promise<unknown>): void => void call.catch(() => undefined);

test('a runtime with nobody in it has its standing timers and nothing else', async () => {
  const { clock, context } = openRuntime();
  expect(holdings(context)).toEqual({
    closed: false,
    sessions: [],
    strayActors: [],
    listeners: 1,
    lanes: 0,
    timers: 2,
    busy: false,
    others: {},
  });
  expect(clock.pending).toBe(2);
});

test('a session is told with what is held for it', async () => {
  const { context, runtime } = openRuntime();
  const session = await runtime.create({ principal: 'ada' });
  session.subscribe(() => undefined);
  session.attach();
  quietly(session.waitFor('paused'));
  quietly(session.run('mill', never));
  await Promise.resolve();
  const held = holdings(context);
  expect(held.sessions).toEqual([
    {
      id: session.id,
      actor: session.id,
      listeners: 1,
      waits: 1,
      presences: 1,
      operations: ['mill'],
      behaviour: null,
      inLane: false,
    },
  ]);
  expect(held.busy).toBe(true);
  expect(held.others).toEqual({
    'sessions in memory': 1,
    'principals with a session': 1,
    'operations in flight': 1,
  });
});

const sleeper = setup({
  actors: { thought: fromPromise(never) },
  delays: { long: 50_000 },
}).createMachine({
  initial: 'asleep',
  states: { asleep: { after: { long: 'awake' } }, awake: {} },
  on: {
    fail: {
      actions: () => {
        throw new Error('it fails');
      },
    },
  },
});

const FAR = { timeoutMs: 3_600_000 };

/** What there is on the clock because of the runtime, and how much it says there may be. */
const situations: Readonly<
  Record<string, (open: ReturnType<typeof openRuntime>) => Promise<unknown>>
> = {
  'sessions that do nothing': async ({ runtime }) => {
    for (let n = 0; n < 5; n += 1) await runtime.create();
  },
  'operations, queued ones too': async ({ runtime }) => {
    const session = await runtime.create();
    for (let n = 0; n < 4; n += 1) quietly(session.run('mill', never, FAR));
  },
  'an operation without a limit': async ({ runtime }) => {
    const session = await runtime.create();
    quietly(session.run('mill', never, { timeoutMs: Number.POSITIVE_INFINITY }));
  },
  'a wait with a limit': async ({ runtime }) => {
    quietly((await runtime.create()).waitFor('paused', FAR));
  },
  'a delay of a behaviour': async ({ runtime }) => {
    await runtime.create({ behaviour: 'sleeper' });
  },
  'a restart': async ({ runtime, clock }) => {
    const session = await runtime.create({ behaviour: 'sleeper' });
    await session.send({ type: 'fail' });
    await clock.settle();
    expect(session.behaviour?.status).toBe('restarting');
  },
  'a hook that hangs': async ({ runtime }) => {
    await runtime.create({ metadata: { hang: true } });
  },
};

test.each(Object.entries(situations))(
  'it knows how many timers there are: %s',
  async (_, begin) => {
    const open = openRuntime({
      maxConcurrentOperations: 2,
      behaviours: { sleeper: { logic: sleeper } },
      hooks: {
        onCreated: (session) => (session.info().metadata['hang'] === true ? never() : undefined),
      },
    });
    await begin(open);
    await open.clock.settle();
    expect(open.clock.pending).toBe(holdings(open.context).timers);
  },
);

test('while a store fails there may be the timer of the next attempt, and no more', async () => {
  const clock = createVirtualClock();
  const store = faultyStore(createMemoryStore(), { clock, random: () => 0.5 });
  const { context, runtime } = openRuntime({ clock, store });
  const session = await runtime.create();
  store.break('fail');
  await expect(session.pause()).rejects.toThrow();
  expect(clock.pending).toBe(3);
  expect(holdings(context).timers).toBe(3);
});

test('a runtime that is being opened, and one over a durable store, have theirs', async () => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock });
  const broken = faultyStore(disk.open(), { clock, random: () => 0.5 });
  broken.break('fail');
  const { context } = openRuntime({ clock, store: broken });
  await clock.settle();
  expect([clock.pending, holdings(context).timers]).toEqual([1, 1]);
  broken.heal();
  await clock.advance(60_000);
  expect([clock.pending, holdings(context).timers]).toEqual([3, 3]);
});

test('a lane that is taken is told, with its session', async () => {
  const { context, runtime } = openRuntime();
  const { id } = await runtime.create();
  const host = context.hosts.get(id);
  if (host === undefined) throw new Error('it is in memory');
  let over = (): void => undefined;
  const step = context.lanes.run(
    host,
    () =>
      new Promise<void>((resolve) => {
        over = resolve;
      }),
  );
  expect(holdings(context)).toMatchObject({ lanes: 1, sessions: [{ id, inLane: true }] });
  over();
  await step;
  expect(holdings(context)).toMatchObject({ lanes: 0, sessions: [{ inLane: false }] });
});

test('an actor in the registry that is no session’s is told', async () => {
  const { context, runtime } = openRuntime();
  await runtime.create();
  const room = { resident: 0, maxResident: 9, ofPrincipal: 0, maxPerPrincipal: 9 };
  context.registry.spawn('ses_stray', { id: 'ses_stray', principal: null, expiresAt: null }, room);
  expect(holdings(context).strayActors).toEqual(['ses_stray']);
});

test('a session that is stored is told while somebody waits to hear of it, without an actor', async () => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock });
  const { context, runtime } = openRuntime({ clock, store: disk.open() });
  const [heard, unheard] = [await runtime.create(), await runtime.create()];
  const stop = heard.subscribe(() => undefined);
  await clock.advance(50_000);
  expect([heard, unheard].map((one) => one.info().residency)).toEqual(['stored', 'stored']);
  expect(holdings(context)).toMatchObject({
    sessions: [{ id: heard.id, actor: null, listeners: 1 }],
    strayActors: [],
    busy: false,
    others: {},
  });
  expect(contactOf(context, heard.id)?.id).toBe(heard.id);
  stop();
  expect(holdings(context).sessions).toEqual([]);
});

test('one that is gone is looked at where it is asked for', async () => {
  const { context, runtime } = openRuntime();
  const session = await runtime.create();
  const contact = contactOf(context, session.id);
  session.attach();
  await session.terminate();
  expect(contactOf(context, session.id)).toBeNull();
  expect(holdings(context).sessions).toEqual([]);
  const gone = contact === null ? [] : [contact];
  expect(holdings(context, gone).sessions).toMatchObject([{ actor: null, presences: 1 }]);
});

test('a runtime that is closed has no timer, and nothing in its tables', async () => {
  const { clock, context, runtime } = openRuntime();
  await runtime.create({ principal: 'ada' });
  await runtime.close();
  expect(holdings(context)).toMatchObject({ closed: true, timers: 0, sessions: [], others: {} });
  expect(clock.pending).toBe(0);
});
