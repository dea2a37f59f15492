import { expect, test } from 'vitest';
import { assign, fromCallback, setup } from 'xstate';
import type { Session } from '../../../src/index.ts';
import { DEADLINES, faultyRuntime, openWork, TICK, toldOf } from '../fixture.ts';
import { behaving, eventsOfType, shortLived, viewOf, worker } from './behaviour-under-test.ts';

const CRASH = { type: 'crash' } as const;
const ADD = { type: 'work.add', n: 1 } as const;

test('a restart goes on from the last recorded snapshot', async () => {
  let starts = 0;
  const starting = () => {
    starts += 1;
    return starts;
  };
  const { clock, session } = await behaving(
    { logic: worker },
    { create: { input: { starts: starting } } },
  );
  await session.send(ADD);
  await session.send(ADD);
  await session.send(CRASH);
  await clock.advance(500);
  expect(viewOf(session).getSnapshot().context).toEqual({ n: 2, starts: 1 });
});

test('what was not recorded when it failed is lost', async () => {
  const { clock, store, runtime } = faultyRuntime({}, { behaviours: { it: { logic: worker } } });
  const session = await runtime.create({ behaviour: 'it' });
  await session.send(ADD);
  store.break('fail');
  session.send(ADD).catch(() => undefined);
  await clock.settle();
  expect(viewOf(session).getSnapshot().context.n).toBe(2);
  session.send(CRASH).catch(() => undefined);
  await clock.advance(500);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  expect(viewOf(session).getSnapshot().context.n).toBe(1);
});

test('where a commit is under way when it fails, what that comes to decides', async () => {
  const { clock, store, runtime } = faultyRuntime({}, { behaviours: { it: { logic: worker } } });
  const session = await runtime.create({ behaviour: 'it' });
  store.break('stall');
  const sent = session.send(ADD);
  const crashed = session.send(CRASH);
  await clock.advance(10_000);
  expect(viewOf(session).status).toBe('restarting');
  store.heal();
  await Promise.all([sent, crashed]);
  await clock.settle();
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  expect(viewOf(session).getSnapshot().context.n).toBe(1);
});

test('what an incarnation came to that was left behind is not started from, however late it is recorded', async () => {
  const it = { logic: worker, policy: 'permanent' } as const;
  const { clock, store, runtime } = faultyRuntime({}, { behaviours: { it } });
  const session = await runtime.create({ behaviour: 'it' });
  await session.send(ADD);
  store.break('stall');
  const sent = [session.send({ type: 'finish' })];
  await clock.advance(600);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  sent.push(session.send(CRASH));
  await clock.advance(600);
  store.heal();
  await Promise.all(sent);
  await clock.advance(100);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 3 });
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
});

/** Fails 1 s after it was poisoned; restored, with that delay, at once. */
const poisoned = setup({
  types: { events: {} as { type: 'poison' }, context: {} as { poison: number } },
  delays: { soon: ({ context }) => (context.poison > 0 ? 1_000 : Number.POSITIVE_INFINITY) },
}).createMachine({
  context: { poison: 0 },
  initial: 'up',
  states: {
    up: {
      on: {
        poison: { target: 'up', reenter: true, actions: assign({ poison: 1 }) },
      },
      after: {
        soon: {
          actions: () => {
            throw new Error('poisoned');
          },
        },
      },
    },
  },
});

test('a snapshot it fails of twice within 5 s each is left, and it starts from its input', async () => {
  const { clock, session, events } = await behaving({ logic: poisoned });
  await session.send({ type: 'poison' });
  await clock.advance(1_000 + 500 + 1_000 + 1_000);
  expect(viewOf(session).incarnation).toBe(3);
  expect(viewOf(session).getSnapshot().context.poison).toBe(1);
  await clock.advance(1_000 + 2_000);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 4 });
  expect(viewOf(session).getSnapshot().context.poison).toBe(0);
  await clock.advance(20_000);
  expect(eventsOfType(events, 'session.behaviour-failed')).toHaveLength(3);
});

test('a pending restart is work: the session is neither idle nor reaped', async () => {
  const { clock, session, events } = await behaving({ logic: worker, backoffMs: 100_000 });
  await session.send(CRASH);
  expect(session.info().inFlight).toBe(1);
  await clock.advance(DEADLINES.idleTimeoutMs + TICK);
  expect(session.state).toBe('active');
  await clock.advance(40_000);
  expect(session.info().inFlight).toBe(0);
  expect(viewOf(session).status).toBe('running');
  // From the restart on, silence counts again.
  await clock.advance(DEADLINES.idleAfterMs + TICK);
  expect(session.state).toBe('idle');
  await clock.advance(DEADLINES.idleTimeoutMs);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:idle-timeout');
});

test('what an old incarnation still does is dropped', async () => {
  const late: (() => void)[] = [];
  let runs = 0;
  const logic = fromCallback<{ type: 'crash' }>(({ receive, emit, sendBack }) => {
    runs += 1;
    const mine = runs;
    late.push(() => {
      emit({ type: 'late', run: mine } as { type: 'late' });
      sendBack({ type: 'session.terminate', reason: 'client' });
      sendBack({ type: 'xstate.error.actor.behaviour', error: new Error('late') });
      sendBack({ type: 'xstate.done.actor.behaviour' });
    });
    receive(() => {
      throw new Error('boom');
    });
  });
  const { clock, session, events } = await behaving({ logic });
  await session.send(CRASH);
  late[0]?.();
  await clock.advance(500);
  late[0]?.();
  await clock.settle();
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  expect(session.actor.getSnapshot().value).toBe('active');
  expect(eventsOfType(events, 'session.emitted')).toEqual([]);
  // The running one may emit, and nothing else.
  late[1]?.();
  await clock.settle();
  const emitted: unknown[] = eventsOfType(events, 'session.emitted').map(({ event }) => event);
  expect(emitted).toEqual([{ type: 'late', run: 2 }]);
  expect(session.actor.getSnapshot().value).toBe('active');
  expect(viewOf(session).status).toBe('running');
  const strays = eventsOfType(events, 'runtime.error').filter(
    ({ error }) => error instanceof Error && error.message.includes('which was dropped'),
  );
  expect(strays).toHaveLength(1);
});

test('the end while a restart waits: nothing is started any more', async () => {
  const { clock, runtime, session, events } = await behaving({ logic: worker });
  await session.send(CRASH);
  await session.terminate();
  await clock.advance(60_000);
  expect(viewOf(session)).toMatchObject({ status: 'stopped', incarnation: 1 });
  expect(runtime.stats().operations.inFlight).toBe(0);
  expect(eventsOfType(events, 'session.restarted')).toEqual([]);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:client');
});

test('a listener that ends the session when it hears of the failure', async () => {
  const { clock, runtime, session, events } = await behaving({ logic: worker });
  session.subscribe((event) => {
    if (event.type === 'session.behaviour-failed') void session.terminate();
  });
  await session.send(CRASH);
  await clock.advance(60_000);
  expect(viewOf(session)).toMatchObject({ status: 'stopped', incarnation: 1 });
  expect(runtime.stats().operations.inFlight).toBe(0);
  expect(toldOf(events, session.id).at(-1)).toBe('ended:client');
});

test('a listener that ends the session when it hears of a restart that has failed already', async () => {
  const input = (): never => {
    throw new Error('no input');
  };
  const { clock, runtime, session, events } = await behaving({ logic: worker, input });
  session.subscribe((event) => {
    if (event.type === 'session.restarted') void session.terminate();
  });
  await clock.advance(60_000);
  expect(viewOf(session)).toMatchObject({ status: 'stopped', incarnation: 2 });
  expect(runtime.stats().operations.inFlight).toBe(0);
  expect(toldOf(events, session.id).slice(-2)).toEqual(['terminating>terminated', 'ended:client']);
  expect(eventsOfType(events, 'session.behaviour-failed')).toHaveLength(1);
});

test('one that fails at once when it is restarted, and whose session ends at that moment', async () => {
  let starts = 0;
  const logic = fromCallback(({ receive }) => {
    starts += 1;
    if (starts === 2) throw new Error('at once');
    receive(() => {
      throw new Error('boom');
    });
  });
  const { clock, runtime, session } = await behaving({ logic });
  session.subscribe((event) => {
    if (event.type === 'session.restarted') void session.terminate();
  });
  await session.send(CRASH);
  await clock.advance(60_000);
  expect(viewOf(session)).toMatchObject({ status: 'stopped', incarnation: 2 });
  expect(runtime.stats().operations.inFlight).toBe(0);
});

test('a drain while a restart waits does not wait for it, and it never comes', async () => {
  const { clock, runtime, session } = await behaving({ logic: worker });
  await session.send(CRASH);
  const work = openWork(session);
  const report = runtime.drain({ operationsMs: 5_000 });
  expect(viewOf(session)).toMatchObject({ status: 'stopped', incarnation: 1 });
  await clock.advance(4_000);
  work.finish('done');
  expect(await report).toMatchObject({ left: [], ended: 1, tookMs: 4_000 });
  expect(viewOf(session)).toMatchObject({ status: 'stopped', incarnation: 1 });
  expect(clock.pending).toBe(0);
});

test('pausing lets it run, and restart', async () => {
  const { clock, session } = await behaving({ logic: shortLived });
  await clock.advance(3_600);
  await session.pause();
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  await clock.advance(4_000);
  // What it failed of was pending when the pause was recorded: it fails of it again.
  expect(viewOf(session).incarnation).toBe(3);
  expect(session.state).toBe('paused');
});

test('giving up ends a paused session too', async () => {
  const { clock, session } = await behaving({ logic: shortLived, maxFailures: 1 });
  await session.pause();
  await clock.advance(3_000);
  await clock.settle();
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'crashed' });
});

test('the view shows snapshots across restarts, and a listener that throws hurts nobody', async () => {
  const { clock, session, events } = await behaving({ logic: worker });
  const seen: number[] = [];
  const view = viewOf(session);
  view.subscribe(() => {
    throw new Error('a bad listener');
  });
  const subscription = view.subscribe((snapshot) => seen.push(snapshot.context.n));
  await session.send(ADD);
  await session.send(CRASH);
  await clock.advance(500);
  await session.send(ADD);
  subscription.unsubscribe();
  await session.send(ADD);
  expect(seen).toEqual([1, 1, 2]);
  expect(view.getSnapshot().context.n).toBe(3);
  expect(
    eventsOfType(events, 'runtime.error').filter(({ where }) => where.startsWith('a listener of')),
  ).toHaveLength(4);
});

test('the record names the behaviour from the first on, and no session has one that asked for none', async () => {
  const { memory, runtime } = faultyRuntime({}, { behaviours: { it: { logic: worker } } });
  const session: Session = await runtime.create({ behaviour: 'it' });
  expect((await memory.load(session.id))?.session.behaviour).toBe('it');
  expect((await runtime.create()).behaviour).toBeNull();
});
