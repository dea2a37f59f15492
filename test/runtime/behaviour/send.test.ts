import { expect, test } from 'vitest';
import { createMachine, fromCallback, fromPromise, fromTransition } from 'xstate';
import {
  BehaviourDownError,
  createMemoryStore,
  InvalidEventError,
  SessionPausedError,
  SessionTerminatedError,
  StoreError,
} from '../../../src/index.ts';
import { DEADLINES, faultyRuntime, noted, quietRuntime, rejectionOf, TICK } from '../fixture.ts';
import { behaving, eventsOfType, viewOf, worker } from './behaviour-under-test.ts';

const ADD = { type: 'work.add', n: 1 } as const;

test('an event is taken, and resolves once what came of it is recorded', async () => {
  const { clock, store, runtime } = faultyRuntime({}, { behaviours: { it: { logic: worker } } });
  const session = await runtime.create({ behaviour: 'it' });
  store.break('stall');
  let resolved = false;
  const sent = session.send(ADD).then(() => {
    resolved = true;
  });
  await clock.settle();
  expect(viewOf(session).getSnapshot().context.n).toBe(1);
  expect(resolved).toBe(false);
  store.heal();
  await sent;
});

test('rejects with StoreError when that commit failed; the event was delivered all the same', async () => {
  const { store, runtime } = faultyRuntime({}, { behaviours: { it: { logic: worker } } });
  const session = await runtime.create({ behaviour: 'it' });
  store.break('fail');
  expect(await rejectionOf(session.send(ADD))).toBeInstanceOf(StoreError);
  expect(viewOf(session).getSnapshot().context.n).toBe(1);
});

test('one commit an event, none for one that changed nothing, and a burst is carried together', async () => {
  const calls: string[] = [];
  const store = noted(createMemoryStore(), calls);
  const { session } = await behaving({ logic: worker, events: ['*'] }, { options: { store } });
  calls.length = 0;
  await session.send(ADD);
  expect(calls).toEqual(['commit']);
  await session.send({ type: 'nobody-cares' });
  expect(calls).toEqual(['commit']);
  await Promise.all(Array.from({ length: 100 }, () => session.send(ADD)));
  expect(calls).toEqual(['commit', 'commit', 'commit']);
  expect(viewOf(session).getSnapshot().context.n).toBe(101);
});

test('only event types the machine knows, and the refusal lists them', async () => {
  const logic = createMachine({
    on: { 'order.*': { actions: () => {} }, PING: { actions: () => {} } },
  });
  const { session } = await behaving({ logic });
  for (const type of ['order', 'order.placed', 'order.placed.twice', 'PING']) {
    await session.send({ type });
  }
  for (const type of ['orders', 'ping', '', '*', 'order*']) {
    const error = await rejectionOf(session.send({ type }));
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(error).toMatchObject({ event: { type } });
    expect(String(error)).toContain('order.*, PING');
  }
});

test("XState's own types are never let in, whatever the machine handles", async () => {
  const logic = createMachine({
    initial: 'a',
    states: { a: { after: { 60000: 'b' }, on: { '*': { actions: () => {} } } }, b: {} },
  });
  const { session } = await behaving({ logic });
  const types = [
    'xstate.stop',
    'xstate.init',
    'xstate.after.60000.(machine).a',
    'xstate',
    '@xstate.event',
  ];
  for (const type of types) {
    expect(await rejectionOf(session.send({ type }))).toBeInstanceOf(InvalidEventError);
  }
  await session.send({ type: 'anything' });
  expect(viewOf(session).getSnapshot().value).toBe('a');
});

test('what is no event is refused', async () => {
  const { session } = await behaving({ logic: worker });
  for (const event of [null, 'crash', {}, { type: 7 }, undefined]) {
    const sent = session.send(event as unknown as { type: string }); // What a caller without types may do.
    expect(await rejectionOf(sent)).toBeInstanceOf(InvalidEventError);
  }
});

test('other logic takes every type but those, and `events` narrows it', async () => {
  const heard: string[] = [];
  const logic = fromCallback(({ receive }) => receive((event) => heard.push(event.type)));
  const open = await behaving({ logic });
  await open.session.send({ type: 'anything' });
  expect(await rejectionOf(open.session.send({ type: 'xstate.stop' }))).toBeInstanceOf(
    InvalidEventError,
  );
  const narrow = await behaving({ logic, events: ['only.*'] });
  await narrow.session.send({ type: 'only.this' });
  expect(await rejectionOf(narrow.session.send({ type: 'anything' }))).toBeInstanceOf(
    InvalidEventError,
  );
  expect(heard).toEqual(['anything', 'only.this']);
});

test('a transition function counts', async () => {
  const logic = fromTransition(
    (count: number, event: { type: string }) => count + event.type.length,
    0,
  );
  const { clock, session } = await behaving({ logic });
  await session.send({ type: 'four' });
  await session.send({ type: 'to' });
  expect(viewOf(session).getSnapshot().context).toBe(6);
  await clock.settle();
});

test('while none is running, the event is handed back', async () => {
  const { clock, session } = await behaving({ logic: worker });
  await session.send({ type: 'crash' });
  const restarting = await rejectionOf(session.send(ADD));
  expect(restarting).toBeInstanceOf(BehaviourDownError);
  expect(restarting).toMatchObject({ event: ADD, retryable: true });
  expect(String(restarting)).toContain('restarting');
  await clock.advance(500);
  await session.send(ADD);
  await session.send({ type: 'finish' });
  expect(await rejectionOf(session.send(ADD))).toMatchObject({ event: ADD, retryable: false });
  const failed = await behaving({ logic: worker, policy: 'temporary' });
  await failed.session.send({ type: 'crash' });
  expect(String(await rejectionOf(failed.session.send(ADD)))).toContain('failed');
  const { runtime } = quietRuntime();
  const without = await runtime.create();
  expect(await rejectionOf(without.send(ADD))).toBeInstanceOf(BehaviourDownError);
});

test('before the session is ready there is none running yet', async () => {
  const errors: unknown[] = [];
  const { session } = await behaving(
    { logic: worker },
    {
      options: {
        initialize: async (starting) => {
          expect(starting.behaviour?.status).toBe('starting');
          errors.push(await rejectionOf(starting.send(ADD)));
        },
      },
    },
  );
  expect(errors).toMatchObject([{ event: ADD, retryable: true }]);
  expect(viewOf(session).status).toBe('running');
});

test('an event that makes it fail was delivered: send resolves, and the failure is told', async () => {
  const { session, events } = await behaving({ logic: worker });
  await expect(session.send({ type: 'crash' })).resolves.toBeUndefined();
  expect(eventsOfType(events, 'session.behaviour-failed')).toHaveLength(1);
  const last = await behaving({ logic: worker, maxFailures: 1 });
  await expect(last.session.send({ type: 'crash' })).resolves.toBeUndefined();
  // Recorded: what came of it is the end.
  expect(last.session.info()).toMatchObject({ state: 'terminated', reason: 'crashed' });
  expect(await rejectionOf(last.session.send(ADD))).toBeInstanceOf(SessionTerminatedError);
});

test('a paused session takes none, and its behaviour hears none', async () => {
  const { session } = await behaving({ logic: worker });
  await session.pause();
  expect(await rejectionOf(session.send(ADD))).toBeInstanceOf(SessionPausedError);
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
  await session.resume();
  await session.send(ADD);
});

test('it is an activity; what is refused is none', async () => {
  const { clock, session } = await behaving({ logic: worker });
  await clock.advance(DEADLINES.idleAfterMs + TICK);
  expect(session.state).toBe('idle');
  await rejectionOf(session.send({ type: 'unknown' }));
  expect(session.state).toBe('idle');
  await session.send(ADD);
  expect(session.state).toBe('active');
});

test('a listener that pauses the session when it becomes active keeps the event out', async () => {
  const { clock, session } = await behaving({ logic: worker });
  await clock.advance(DEADLINES.idleAfterMs + TICK);
  session.subscribe((event) => {
    if (event.type === 'session.state-changed' && event.to === 'active') void session.pause();
  });
  expect(await rejectionOf(session.send(ADD))).toBeInstanceOf(SessionPausedError);
  expect(viewOf(session).getSnapshot().context.n).toBe(0);
});

test('the behaviour may be sent to in the middle of its turn: that resolves with what came of it, too', async () => {
  const { clock, runtime, events } = faultyRuntime(
    { delayMs: [5, 5] },
    { behaviours: { it: { logic: worker } } },
  );
  const creating = runtime.create({ behaviour: 'it' });
  await clock.advance(5);
  const session = await creating;
  const inner: Promise<number>[] = [];
  viewOf(session).subscribe((snapshot) => {
    if (snapshot.context.n !== 1) return;
    const sent = session.send({ type: 'work.add-and-tell' });
    inner.push(sent.then(() => eventsOfType(events, 'session.emitted').length));
  });
  const outer = session.send(ADD);
  await clock.advance(20);
  await outer;
  expect(await Promise.all(inner)).toEqual([1]);
  expect(viewOf(session).getSnapshot().context.n).toBe(2);
});

test('a promise takes no notice of events, and is no less supervised', async () => {
  const { clock, session } = await behaving({ logic: fromPromise(() => new Promise(() => {})) });
  await session.send({ type: 'hello' });
  await clock.settle();
  expect(viewOf(session).status).toBe('running');
});
