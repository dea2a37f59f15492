import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { watchSession } from '../../src/xstate/session-actor.ts';
import {
  acceptingRegistry,
  crashingLogic,
  inputOf,
  ROOM,
  stillbornLogic,
  stubbornLogic,
} from './registry-under-test.ts';

const loose: unknown[] = [];
const catchLoose = (error: unknown) => loose.push(error);

beforeAll(() => {
  process.on('uncaughtException', catchLoose);
});
afterAll(() => {
  process.off('uncaughtException', catchLoose);
});

afterEach(async () => {
  // XState throws what nobody hears by a timer of 0 ms: one that is set later fires later.
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(loose.splice(0)).toEqual([]);
});

const withCrashes = (logic = crashingLogic as Parameters<typeof acceptingRegistry>[0]) => {
  const crashes: unknown[] = [];
  const made = acceptingRegistry({
    onSessionError: (id, error) => crashes.push([id, error]),
    ...logic,
  });
  return { ...made, crashes };
};

test('a session whose actor throws touches neither the registry nor another session', () => {
  const { registry, spawn, crashes } = withCrashes({ logic: crashingLogic });
  const [a, b, c] = [spawn('a'), spawn('b'), spawn('c')];
  b.send({ type: 'session.pause' });
  expect(crashes).toEqual([['b', new Error('boom')]]);
  expect([a, b, c].map((actor) => actor.getSnapshot().status)).toEqual([
    'active',
    'error',
    'active',
  ]);
  expect([...registry.ids()]).toEqual(['a', 'c']);
  expect(registry.actor.getSnapshot()).toMatchObject({
    status: 'active',
    value: 'accepting',
    context: { exited: 1, crashed: 1 },
  });
  expect(spawn('b').getSnapshot().status).toBe('active');
});

test('a session that fails while someone watches it ends nothing but itself', () => {
  const { spawn } = withCrashes({ logic: crashingLogic });
  const actor = spawn('a');
  watchSession(actor, () => {});
  actor.send({ type: 'session.pause' });
  expect(actor.getSnapshot().status).toBe('error');
});

test('a session that cannot even start fails its spawn, and only that', () => {
  const { registry, spawn, crashes } = withCrashes({ logic: stillbornLogic });
  expect(() => spawn('a')).toThrow('stillborn');
  expect(crashes).toEqual([]);
  expect([registry.size, registry.busy]).toEqual([0, false]);
  expect(registry.actor.getSnapshot()).toMatchObject({
    status: 'active',
    context: { admitted: 1, exited: 1, crashed: 1 },
  });
});

test('when a crash is told, the registry has counted it and forgotten the session', () => {
  const told: unknown[] = [];
  const { registry, spawn } = acceptingRegistry({
    logic: crashingLogic,
    onSessionError: (id) =>
      told.push([registry.get(id), registry.actor.getSnapshot().context.crashed, registry.busy]),
  });
  spawn('a').send({ type: 'session.pause' });
  expect(told).toEqual([[undefined, 1, true]]);
});

test('a callback that throws is told of, and hurts nobody', () => {
  const errors: unknown[] = [];
  const { registry, spawn } = acceptingRegistry({
    logic: crashingLogic,
    onSessionError: () => {
      throw new Error('callback');
    },
    onError: (error, source) => {
      errors.push([error, source]);
      throw new Error('this one too');
    },
  });
  const b = [spawn('a'), spawn('b')][1];
  registry.get('a')?.send({ type: 'session.pause' });
  expect(errors).toEqual([[new Error('callback'), 'onSessionError']]);
  expect(b?.getSnapshot().status).toBe('active');
  expect(registry.actor.getSnapshot().status).toBe('active');
});

test('a session that throws when it is stopped is gone all the same, as released', () => {
  const { registry, spawn, crashes } = withCrashes({ logic: stubbornLogic });
  spawn('a');
  spawn('b');
  expect(registry.stop('a')).toBe(true);
  expect([...registry.ids()]).toEqual(['b']);
  expect(crashes).toEqual([]);
  expect(registry.actor.getSnapshot()).toMatchObject({
    status: 'active',
    context: { exited: 1, crashed: 0 },
  });
  registry.actor.stop();
  expect([registry.size, registry.actor.getSnapshot().status]).toEqual([0, 'stopped']);
});

test('if the registry itself fails, it says so, and no session runs on without it', () => {
  const errors: unknown[] = [];
  const { registry, spawn } = acceptingRegistry({
    onError: (error, source) => errors.push([String(error), source]),
  });
  const actors = [spawn('a'), spawn('b')];
  const nonsense = { ...ROOM, resident: Symbol('no number') as unknown as number }; // Fails the guard.
  expect(registry.spawn('c', inputOf('c'), nonsense)).toBe(null);
  expect(errors).toEqual([[expect.stringContaining('room for one more'), 'registry']]);
  expect(actors.map((actor) => actor.getSnapshot().status)).toEqual(['stopped', 'stopped']);
  expect([registry.size, registry.busy]).toEqual([0, false]);
  expect(registry.spawn('d', inputOf('d'), ROOM)).toBe(null);
});

test.each(['given at the start', 'attached later'])(
  'an inspector that always throws hurts no session (%s)',
  (when) => {
    const errors: unknown[] = [];
    const broken = () => {
      throw new Error('inspector');
    };
    const { registry, spawn } = acceptingRegistry({
      ...(when === 'given at the start' ? { inspect: broken } : {}),
      onError: (error, source) => errors.push([error, source]),
    });
    const attached =
      when === 'attached later' ? registry.actor.system.inspect({ next: broken }) : undefined;
    const actor = spawn('a');
    for (const type of ['session.ready', 'session.activity', 'session.pause'] as const) {
      actor.send({ type });
    }
    expect(actor.getSnapshot()).toMatchObject({ value: 'paused', status: 'active' });
    expect(registry.stop('a')).toBe(true);
    expect(registry.actor.getSnapshot()).toMatchObject({ status: 'active', value: 'accepting' });
    expect(errors.length).toBeGreaterThan(5);
    expect(errors[0]).toEqual([new Error('inspector'), 'inspect']);

    attached?.unsubscribe();
    if (attached === undefined) return;
    const before = errors.length;
    spawn('b');
    expect(errors.length).toBe(before);
  },
);
