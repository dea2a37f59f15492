import { expect, test } from 'vitest';
import {
  createActor,
  type EventObject,
  type InspectionEvent,
  SimulatedClock,
  sendTo,
  setup,
} from 'xstate';
import { InvalidOptionError } from '../../src/errors.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import {
  createDelayedEvents,
  delayedEventsOf,
  installDelayedEvents,
} from '../../src/xstate/delayed-events.ts';
import { acceptingRegistry, delayedLogic } from './registry-under-test.ts';

const startListener = () => {
  const heard: string[] = [];
  const clock = createVirtualClock();
  const events = createDelayedEvents(clock);
  const actor = createActor({
    transition: (snapshot: { status: 'active'; output: undefined; error: undefined }, event) => {
      heard.push(`${clock.mono()} ${event.type}`);
      return snapshot;
    },
    getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }) as const,
    getPersistedSnapshot: (snapshot: { status: 'active'; output: undefined; error: undefined }) =>
      snapshot,
  });
  installDelayedEvents(actor.system, events);
  actor.start();
  const later = (type: string, delay: number, id?: string) =>
    events.schedule(actor, actor, { type } satisfies EventObject, delay, id);
  return { heard, clock, events, actor, later };
};

const firedOf = (actor: { getSnapshot(): unknown }) =>
  (actor.getSnapshot() as { context: { fired: number } }).context.fired;

test('the after of a session fires in time, and again when its state is entered anew', async () => {
  const { clock, registry, spawn } = acceptingRegistry({ logic: delayedLogic(1_000) });
  const actor = spawn('a');
  await clock.advance(999);
  expect(firedOf(actor)).toBe(0);
  await clock.advance(1);
  expect(firedOf(actor)).toBe(1);
  await clock.advance(2_000);
  expect(firedOf(actor)).toBe(3);
  expect(registry.delayedEvents.size).toBe(1);

  actor.send({ type: 'session.pause' });
  expect([registry.delayedEvents.size, clock.pending]).toEqual([0, 0]);
  await clock.advance(5_000);
  expect(firedOf(actor)).toBe(3);
});

test.each([
  ['released', (registry: Registry) => void registry.stop('a')],
  ['stopped with the registry', (registry: Registry) => void registry.actor.stop()],
  [
    'finished',
    (registry: Registry) => {
      registry.get('a')?.send({ type: 'session.pause' });
      registry.get('a')?.send({ type: 'session.cleaned' });
    },
  ],
])('a session that is %s leaves no event behind', async (_, end) => {
  const { clock, registry, spawn } = acceptingRegistry({ logic: delayedLogic(1_000) });
  spawn('a');
  expect([registry.delayedEvents.size, clock.pending]).toEqual([1, 1]);
  end(registry);
  expect([registry.size, registry.delayedEvents.size, clock.pending]).toEqual([0, 0, 0]);
});

type Registry = ReturnType<typeof acceptingRegistry>['registry'];

test('what one session has pending is untouched when another stops', async () => {
  const { clock, registry, spawn } = acceptingRegistry({ logic: delayedLogic(1_000) });
  const [, b] = [spawn('a'), spawn('b')];
  registry.stop('a');
  expect([registry.delayedEvents.size, clock.pending]).toEqual([1, 1]);
  await clock.advance(1_000);
  expect(firedOf(b)).toBe(1);
});

test('a delay longer than a Node timer can hold does not fire at once, and fires in time', async () => {
  const { heard, clock, later } = startListener();
  later('far', 3e9);
  await clock.advance(2 ** 31);
  expect(heard).toEqual([]);
  await clock.advance(3e9 - 2 ** 31);
  expect(heard).toEqual([`${3e9} far`]);
});

test('zero and less are as soon as possible but never at once, Infinity is never', async () => {
  const { heard, clock, events, later } = startListener();
  later('now', 0);
  later('past', -5);
  later('never', Number.POSITIVE_INFINITY);
  expect(heard).toEqual([]);
  expect(events.size).toBe(2);
  await clock.advance(0);
  expect(heard).toEqual(['0 now', '0 past']);
  expect([events.size, clock.pending]).toEqual([0, 0]);
});

test('a delay that is not a number fails the session that asked for it, with the event named', () => {
  const crashes: unknown[] = [];
  const { registry, spawn } = acceptingRegistry({
    logic: delayedLogic(Number.NaN),
    onSessionError: (_, error) => crashes.push(error),
  });
  expect(() => spawn('a')).toThrow(InvalidOptionError);
  expect(() => spawn('b')).toThrow(/xstate\.after\.wait.*NaN/);
  expect(registry.actor.getSnapshot().context).toMatchObject({ admitted: 2, crashed: 2 });
  expect([registry.size, registry.delayedEvents.size]).toEqual([0, 0]);
});

test('two events under one id are both delivered, and taken back together', async () => {
  const { heard, clock, events, actor, later } = startListener();
  later('one', 10, 'same');
  later('two', 20, 'same');
  later('other', 15);
  await clock.advance(30);
  expect(heard).toEqual(['10 one', '15 other', '20 two']);

  later('three', 10, 'same');
  later('four', 20, 'same');
  later('other', 5, 'kept');
  events.cancel(actor, 'same');
  events.cancel(actor, 'same');
  events.cancel(actor, 'unknown');
  expect([events.size, clock.pending]).toEqual([1, 1]);
  await clock.advance(30);
  expect(heard.slice(3)).toEqual(['35 other']);
  expect(events.size).toBe(0);
});

test('an id that looks like the number of an unnamed event takes back only its own', async () => {
  const { heard, clock, events, actor, later } = startListener();
  later('unnamed', 10);
  later('named', 10, '0');
  events.cancel(actor, '0');
  await clock.advance(10);
  expect(heard).toEqual(['10 unnamed']);
});

test('what is pending is listed with when it is due, and not once it was delivered or taken back', async () => {
  const { clock, events, actor, later } = startListener();
  await clock.advance(5);
  later('one', 10, 'id');
  later('two', 20);
  later('never', Number.POSITIVE_INFINITY);
  later('gone', 10, 'gone');
  events.cancel(actor, 'gone');
  const listed = () =>
    events.pendingOf(actor).map(({ event, id, due, target }) => {
      expect(target).toBe(actor);
      return [event.type, id, due];
    });
  expect(listed()).toEqual([
    ['one', 'id', 15],
    ['two', null, 25],
  ]);
  await clock.advance(10);
  expect(listed()).toEqual([['two', null, 25]]);
  events.cancelAll(actor);
  expect(listed()).toEqual([]);
});

test('at a time that is past: as soon as possible, in the order of the calls', async () => {
  const { heard, clock, events, actor } = startListener();
  await clock.advance(100);
  const at = (type: string, due: number) => events.scheduleAt(actor, actor, { type }, due);
  at('b', 50);
  at('a', 20);
  at('c', 110);
  expect(heard).toEqual([]);
  expect(events.pendingOf(actor).map(({ due }) => due)).toEqual([50, 20, 110]);
  await clock.advance(10);
  expect(heard).toEqual(['100 b', '100 a', '110 c']);
});

test('while an event is delivered it is pending until its target has moved on', async () => {
  const pending: string[][] = [];
  const clock = createVirtualClock();
  const events = createDelayedEvents(clock);
  const look = () => pending.push(events.pendingOf(actor).map(({ event }) => event.type));
  const actor = createActor(
    setup({ actions: { look } }).createMachine({
      initial: 'a',
      states: { a: { after: { 10: { target: 'b', actions: 'look' } } }, b: {} },
    }),
  );
  installDelayedEvents(actor.system, events);
  actor.start();
  actor.subscribe(look);
  await clock.advance(10);
  look();
  // In the action, told of the new state, and afterwards.
  expect(pending).toEqual([['xstate.after.10.(machine).a'], [], []]);
  expect(events.size).toBe(0);
});

test('a system without them is refused', () => {
  const { system } = createActor(setup({}).createMachine({}));
  expect(() => delayedEventsOf(system)).toThrow('no delayed events');
});

test('inspectors see delayed events just as with XState’s own scheduler', async () => {
  const chart = setup({
    actors: { child: setup({}).createMachine({ on: { hi: {} } }) },
  }).createMachine({
    invoke: { src: 'child', id: 'child' },
    entry: sendTo('child', { type: 'hi' }, { delay: 5 }),
    initial: 'one',
    states: { one: { after: { 10: 'two' } }, two: { after: { 10: 'three' } }, three: {} },
  });
  const describe = (event: InspectionEvent) =>
    [
      event.type,
      event.actorRef.sessionId === event.rootId ? 'root' : 'child',
      'event' in event ? event.event.type : '',
      'sourceRef' in event ? event.sourceRef?.sessionId === event.rootId : '',
    ].join(' ');

  const theirs: string[] = [];
  const simulated = new SimulatedClock();
  createActor(chart, {
    clock: simulated,
    inspect: (event) => theirs.push(describe(event)),
  }).start();
  for (let ms = 0; ms < 30; ms += 5) simulated.increment(5);

  const ours: string[] = [];
  const clock = createVirtualClock();
  const actor = createActor(chart, { inspect: (event) => ours.push(describe(event)) });
  installDelayedEvents(actor.system, createDelayedEvents(clock));
  actor.start();
  await clock.advance(30);

  expect(ours).toEqual(theirs);
  expect(ours.filter((line) => line.includes('xstate.after')).length).toBeGreaterThan(0);
  expect(actor.getSnapshot().value).toBe('three');
});
