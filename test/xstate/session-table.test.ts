import { expect, test } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { RegistryEvent } from '../../machines/index.ts';
import { acceptingRegistry, inputOf, ROOM } from './registry-under-test.ts';

const life = (id: string, { registry, spawn }: ReturnType<typeof acceptingRegistry>) => {
  const actor = spawn(id);
  actor.send({ type: 'session.ready' });
  if (id.endsWith('0')) return registry.stop(id);
  actor.send({ type: 'session.terminate', reason: 'client' });
  actor.send({ type: 'session.cleaned' });
};

/**
 * The event types that XState has noted while `run` ran. It notes each type a chart is asked about, for ever,
 * in a weak map of its own, by state.
 */
const typesNoted = (run: () => void) => {
  const notes = new Set<object>();
  const { get } = WeakMap.prototype;
  // Not a spy: that would keep a million calls.
  WeakMap.prototype.get = function (key) {
    const value = get.call(this, key);
    if (typeof key === 'object' && 'machine' in key && 'path' in key) notes.add(value);
    return value;
  };
  try {
    run();
  } finally {
    WeakMap.prototype.get = get;
  }
  return [...notes]
    .flatMap((note) => Object.keys(note))
    .filter((key) => key.startsWith('candidates-'))
    .map((key) => key.slice('candidates-'.length));
};

test('10,000 sessions that came and went leave nothing behind that bears their ids', () => {
  const made = acceptingRegistry();
  const noted = typesNoted(() => {
    for (let n = 0; n < 10_000; n++) life(`ses_${n}`, made);
  });

  expect(noted).toEqual(expect.arrayContaining(['registry.exited', 'session.cleaned']));
  // Other suites may have asked the same charts, but never about an id.
  for (const type of new Set(noted)) expect(type).toMatch(/^(registry|session)\.[a-z]+$/);
  expect(made.registry.actor.getSnapshot()).toMatchObject({
    children: {},
    context: { admitted: 10_000, exited: 10_000, crashed: 0 },
  });
  expect([made.registry.size, made.registry.delayedEvents.size]).toEqual([0, 0]);
});

test('sessions are not among the children of the snapshot, so it stays small and storable', () => {
  const { registry, spawn } = acceptingRegistry();
  const empty = JSON.stringify(registry.actor.getPersistedSnapshot()).length;
  for (let n = 0; n < 100; n++) spawn(`ses_${n}`);
  expect(registry.actor.getSnapshot().children).toEqual({});
  expect(JSON.stringify(registry.actor.getPersistedSnapshot()).length).toBeLessThan(empty + 10);
});

test('inspectors see a session as the registry’s child, created in the admission and then started', () => {
  const seen: string[] = [];
  const { spawn, registry } = acceptingRegistry({
    inspect: (event: InspectionEvent) => {
      const ref = event.actorRef as AnyActorRef;
      const who = ref.id === 'a' ? 'a' : 'registry';
      const what = 'event' in event ? `${event.type} ${event.event.type}` : event.type;
      if (event.type === '@xstate.actor' && who === 'a') {
        expect(ref._parent).toBe(registry.actor);
      }
      if ('sourceRef' in event && event.sourceRef === registry.actor)
        seen.push(`${who} ${what} <-`);
      else seen.push(`${who} ${what}`);
    },
  });
  seen.length = 0;
  spawn('a');
  expect(seen).toEqual([
    'registry @xstate.event registry.admit',
    'registry @xstate.microstep registry.admit',
    'a @xstate.actor',
    'a @xstate.event xstate.init <-',
    'a @xstate.snapshot xstate.init',
    'registry @xstate.snapshot registry.admit',
  ]);
});

test('inspectors see the id that an admission and a release are about', () => {
  const seen: unknown[] = [];
  const { spawn, registry } = acceptingRegistry({
    inspect: (event) => {
      if (event.type === '@xstate.event') seen.push(event.event);
    },
  });
  seen.length = 0;
  spawn('a');
  registry.stop('a');
  expect(seen).toContainEqual({ type: 'registry.admit', id: 'a', ...ROOM });
  expect(seen).toContainEqual({ type: 'registry.exited', id: 'a' });
});

test.each<[string, RegistryEvent | { type: string }]>([
  ['an admission', { type: 'registry.admit', ...ROOM }],
  ['an exit', { type: 'registry.exited' }],
  ['a crash', { type: 'registry.crashed' }],
  ['a report of an end', { type: 'xstate.done.actor.a' }],
  ['a report of a failure', { type: 'xstate.error.actor.a' }],
  ['a report about nobody', { type: 'xstate.error.actor.b' }],
  ['an unknown event', { type: 'whatever' }],
])('%s that did not come from the table is let fall', (_, event) => {
  const { registry, spawn } = acceptingRegistry();
  const actor = spawn('a');
  const before = registry.actor.getSnapshot();
  registry.actor.send(event as RegistryEvent);
  expect(registry.actor.getSnapshot()).toBe(before);
  expect(registry.get('a')).toBe(actor);
  expect(actor.getSnapshot().status).toBe('active');
});

test('a late report of a former session does not touch the one that has its id now', () => {
  let armed = false;
  const { registry, spawn } = acceptingRegistry({
    inspect: (event) => {
      // The old one has decided to end and has not told yet.
      if (!armed || event.type !== '@xstate.microstep') return;
      if (event.event.type !== 'session.cleaned') return;
      armed = false;
      registry.stop('a');
      expect(registry.spawn('a', inputOf('a'), ROOM)).not.toBe(null);
    },
  });
  const old = spawn('a');
  old.send({ type: 'session.terminate', reason: 'client' });
  armed = true;
  old.send({ type: 'session.cleaned' });

  expect(armed).toBe(false);
  expect(old.getSnapshot().status).toBe('done');
  expect(registry.get('a')).not.toBe(old);
  expect(registry.get('a')?.getSnapshot().status).toBe('active');
  expect(registry.actor.getSnapshot().context).toMatchObject({ admitted: 2, exited: 1 });
});
