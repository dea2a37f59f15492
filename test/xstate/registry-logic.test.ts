import { expect, test } from 'vitest';
import { sessionMachine } from '../../machines/index.ts';
import { AlreadyExistsError, InvalidEventError } from '../../src/errors.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import {
  createRegistry,
  type Registry,
  type RegistryOptions,
} from '../../src/xstate/registry-logic.ts';
import type { RegistryCommand } from '../../src/xstate/session-table.ts';
import { acceptingRegistry, FULL, inputOf, ROOM } from './registry-under-test.ts';

const countsOf = (registry: Registry) => registry.actor.getSnapshot().context;

test('a session that is let in is running when spawn returns', () => {
  const { registry, spawn } = acceptingRegistry();
  const actor = spawn('a');
  expect(actor.getSnapshot()).toMatchObject({ value: 'initializing', context: inputOf('a') });
  expect(actor.id).toBe('a');
  expect(registry.get('a')).toBe(actor);
  actor.send({ type: 'session.ready' });
  expect(actor.getSnapshot().value).toBe('active');
  expect([...registry.ids()]).toEqual(['a']);
  expect(countsOf(registry)).toMatchObject({ admitted: 1, refused: 0 });
});

test('the chart alone lets in: not when full, not before accepting, not while draining or after', () => {
  const registry = createRegistry({ clock: createVirtualClock() });
  const attempt = (occupancy = ROOM) => registry.spawn('a', inputOf('a'), occupancy);
  expect(attempt()).toBe(null);
  registry.start();
  expect(attempt()).toBe(null);
  registry.send({ type: 'registry.ready' });
  expect(attempt(FULL)).toBe(null);
  expect(attempt({ ...ROOM, ofPrincipal: 10 })).toBe(null);
  expect(attempt()).not.toBe(null);
  registry.stop('a');
  registry.send({ type: 'registry.drain' });
  expect(attempt()).toBe(null);
  registry.send({ type: 'registry.stopped' });
  expect(attempt()).toBe(null);
  // Before the start and after the end there is nobody to ask.
  expect(countsOf(registry)).toMatchObject({ admitted: 1, refused: 4 });
  expect(registry.size).toBe(0);
});

test('an id in the table is not given twice, and is free again once its session is gone', () => {
  const { registry, spawn } = acceptingRegistry();
  const first = spawn('a');
  expect(() => spawn('a')).toThrow(AlreadyExistsError);
  expect(registry.get('a')).toBe(first);
  registry.stop('a');
  expect(spawn('a')).not.toBe(first);
  expect(countsOf(registry)).toMatchObject({ admitted: 2, refused: 0, exited: 1 });
});

test('a released session is stopped without an end', () => {
  const { registry, spawn } = acceptingRegistry();
  const actor = spawn('a');
  expect(registry.stop('a')).toBe(true);
  expect(actor.getSnapshot()).toMatchObject({ status: 'stopped', value: 'initializing' });
  expect([registry.size, registry.get('a')]).toEqual([0, undefined]);
  expect(registry.stop('a')).toBe(false);
  expect(countsOf(registry)).toMatchObject({ exited: 1, crashed: 0 });
});

test('a session that ends leaves the table by itself', () => {
  const { registry, spawn } = acceptingRegistry();
  const actor = spawn('a');
  spawn('b');
  actor.send({ type: 'session.terminate', reason: 'client' });
  expect(registry.size).toBe(2);
  actor.send({ type: 'session.cleaned' });
  expect([...registry.ids()]).toEqual(['b']);
  expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { reason: 'client' } });
  expect(countsOf(registry)).toMatchObject({ exited: 1, crashed: 0 });
});

test.each([
  ['is stopped', (registry: Registry) => void registry.actor.stop()],
  [
    'comes to its end',
    (registry: Registry) => {
      registry.send({ type: 'registry.drain' });
      registry.send({ type: 'registry.stopped' });
    },
  ],
])('when the registry %s it takes all sessions along', (_, end) => {
  const { registry, spawn } = acceptingRegistry();
  const actors = ['a', 'b', 'c'].map(spawn);
  end(registry);
  expect(actors.map((actor) => actor.getSnapshot().status)).toEqual(Array(3).fill('stopped'));
  expect([registry.size, registry.delayedEvents.size]).toEqual([0, 0]);
  expect(registry.stop('a')).toBe(false);
  expect(() => registry.send({ type: 'registry.ready' })).not.toThrow();
});

test('sessions may be stopped while their ids are iterated', () => {
  const { registry, spawn } = acceptingRegistry();
  for (const id of ['a', 'b', 'c']) spawn(id);
  for (const id of registry.ids()) registry.stop(id);
  expect(registry.size).toBe(0);
});

test.each([
  'registry.admit',
  'registry.exited',
  'registry.crashed',
  'xstate.stop',
  'xstate.done.actor.a',
  'xstate.error.actor.a',
  'anything',
])('%s is not let in from outside', (type) => {
  const { registry, spawn } = acceptingRegistry();
  spawn('a');
  const event = { type, ...FULL } as unknown as RegistryCommand; // What untyped callers can do.
  expect(() => registry.send(event)).toThrow(InvalidEventError);
  expect([registry.size, countsOf(registry).refused, countsOf(registry).exited]).toEqual([1, 0, 0]);
});

test.each([null, undefined, 'registry.drain'])('%j is no event', (value) => {
  const event = value as unknown as RegistryCommand; // What untyped callers can do.
  expect(() => acceptingRegistry().registry.send(event)).toThrow(InvalidEventError);
});

const inspecting = (
  react: (registry: Registry) => void,
  on: { type: string; event: string },
  options: Partial<RegistryOptions> = {},
) => {
  let armed = true;
  const made = acceptingRegistry({
    ...options,
    inspect: (event) => {
      if (event.type !== on.type || !('event' in event) || event.event.type !== on.event) return;
      if (!armed || made === undefined) return;
      armed = false;
      react(made.registry);
    },
  });
  return made;
};

test.each(['@xstate.microstep', '@xstate.snapshot'])(
  'a spawn in the middle of the registry’s event is refused with a clear error, and nothing is lost (%s)',
  async (type) => {
    const errors: unknown[] = [];
    const seen: boolean[] = [];
    let retried: Promise<unknown> | undefined;
    const made = inspecting(
      (registry) => {
        seen.push(registry.busy);
        retried = Promise.resolve().then(() => registry.spawn('c', inputOf('c'), ROOM));
        registry.spawn('b', inputOf('b'), ROOM);
      },
      { type, event: 'registry.admit' },
      { onError: (error, source) => errors.push([String(error), source]) },
    );
    expect(made.registry.busy).toBe(false);
    made.spawn('a');
    expect(made.registry.busy).toBe(false);
    expect(seen).toEqual([true]);
    expect(errors).toEqual([[expect.stringContaining('in the middle of an event'), 'inspect']]);
    await retried;
    // The refused one did not get in behind the caller's back; the one that waited did.
    expect([...made.registry.ids()]).toEqual(['a', 'c']);
  },
);

test('a spawn while the registry starts is refused too, and not let in later', () => {
  const errors: unknown[] = [];
  let tried = false;
  const registry: Registry = createRegistry({
    clock: createVirtualClock(),
    inspect: (event) => {
      if (event.type !== '@xstate.snapshot' || tried) return;
      tried = true;
      registry.spawn('a', inputOf('a'), ROOM);
    },
    onError: (error) => errors.push(error),
  });
  registry.start();
  expect(errors.length).toBe(1);
  registry.send({ type: 'registry.ready' });
  expect(registry.size).toBe(0);
});

test('the registry is busy while it hears of an end, whoever caused it', () => {
  const seen: boolean[] = [];
  const made = inspecting((registry) => seen.push(registry.busy), {
    type: '@xstate.microstep',
    event: 'registry.exited',
  });
  const actor = made.spawn('a');
  actor.send({ type: 'session.terminate', reason: 'client' });
  actor.send({ type: 'session.cleaned' });
  expect([seen, made.registry.busy]).toEqual([[true], false]);
});

test('a stop in the middle of the registry’s event happens right after it, once', () => {
  const made = inspecting(
    (registry) => {
      expect([registry.stop('a'), registry.stop('a')]).toEqual([true, true]);
      expect(registry.size).toBe(1);
    },
    { type: '@xstate.microstep', event: 'registry.exited' },
  );
  const a = made.spawn('a');
  made.spawn('b');
  made.registry.stop('b');
  expect(a.getSnapshot().status).toBe('stopped');
  expect([made.registry.size, countsOf(made.registry).exited]).toEqual([0, 2]);
});

test('an end of the registry overtakes no stop that was asked for in the middle of its event', () => {
  const made = inspecting(
    (registry) => {
      registry.send({ type: 'registry.stopped' });
      registry.stop('a');
    },
    { type: '@xstate.microstep', event: 'registry.drain' },
  );
  const a = made.spawn('a');
  made.registry.send({ type: 'registry.drain' });
  expect(a.getSnapshot().status).toBe('stopped');
  expect(made.registry.size).toBe(0);
});

test('the default logic is the session’s chart', () => {
  expect(acceptingRegistry().spawn('a').getSnapshot().machine).toBe(sessionMachine);
});
