import { Observable } from 'rxjs';
import { expect, test } from 'vitest';
import {
  type AnyActorLogic,
  type AnyActorRef,
  createMachine,
  type EventObject,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  type InspectionEvent,
  sendParent,
} from 'xstate';
import { boom, sessionWithBehaviours } from './behaviour-under-test.ts';

test('the inspector shows registry, session, behaviour and what that invokes, each under its parent', () => {
  const parents = new Map<string, string | undefined>();
  const inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.actor') return;
    const { id, _parent } = event.actorRef as AnyActorRef & { _parent?: AnyActorRef };
    parents.set(id, _parent?.id);
  };
  const { session, run, registry } = sessionWithBehaviours(inspect);
  run(createMachine({ id: 'agent', invoke: { id: 'tool', src: createMachine({}) } }));
  expect(parents.get('tool')).toBe('behaviour');
  expect(parents.get('behaviour')).toBe('ses');
  expect(parents.get('ses')).toBe(registry.actor.id);
  // The chart of the session knows nothing of it.
  expect(session.getSnapshot().children).toEqual({});
});

test('its delays run on the time of the registry', async () => {
  const { clock, registry, run } = sessionWithBehaviours();
  const { heard } = run(
    createMachine({
      initial: 'a',
      states: { a: { after: { 5000: 'b' } }, b: { type: 'final' } },
    }),
  );
  expect(registry.delayedEvents.size).toBe(1);
  await clock.advance(4_999);
  expect(heard).toEqual([]);
  await clock.advance(1);
  expect(heard).toEqual(['done undefined']);
  expect(clock.pending).toBe(0);
});

test('each kind of logic: its end is heard once, and the session does not hear of it', async () => {
  const logics: readonly (readonly [AnyActorLogic, readonly string[]])[] = [
    [createMachine({ entry: boom }), ['failed Error: boom']],
    [createMachine({ context: boom }), ['failed Error: boom']],
    [createMachine({ initial: 'a', states: { a: { type: 'final' } } }), ['done undefined']],
    [fromPromise(async () => 'kept'), ['done kept']],
    [fromPromise(async () => boom()), ['failed Error: boom']],
    [fromPromise(boom), ['failed Error: boom']],
    [fromCallback(boom), ['failed Error: boom']],
    [fromObservable(() => new Observable((it) => it.error('gone'))), ['failed gone']],
    [fromObservable(() => new Observable((it) => it.complete())), ['done undefined']],
    [
      {
        transition: (snapshot) => snapshot,
        getInitialSnapshot: boom,
        getPersistedSnapshot: (snapshot) => snapshot,
      },
      ['failed Error: boom'],
    ],
  ];
  for (const [logic, expected] of logics) {
    const { clock, session, run, registry } = sessionWithBehaviours();
    const before = session.getSnapshot();
    const { heard } = run(logic);
    await clock.settle();
    expect(heard).toEqual(expected);
    expect(session.getSnapshot()).toBe(before);
    expect(registry.size).toBe(1);
  }
});

test('what it sends its parent is dropped, whatever it pretends to be', () => {
  const pretended = { type: 'session.terminate', reason: 'client' };
  const logics: readonly AnyActorLogic[] = [
    createMachine({ entry: sendParent(pretended) }),
    fromCallback(({ sendBack }) => sendBack(pretended)),
    fromEventObservable(() => new Observable<EventObject>((it) => it.next(pretended))),
  ];
  for (const logic of logics) {
    const { session, run } = sessionWithBehaviours();
    const { heard } = run(logic);
    expect(session.getSnapshot().value).toBe('active');
    expect(heard).toEqual(['stray session.terminate']);
  }
});

test('stopping it stops everything under it: signals, callbacks, subscriptions, delays', async () => {
  const gone: string[] = [];
  const logic = createMachine({
    initial: 'a',
    states: {
      a: {
        after: { 60000: 'b' },
        invoke: [
          {
            src: fromPromise(({ signal }) => {
              signal.addEventListener('abort', () => gone.push('promise'));
              return new Promise(() => {});
            }),
          },
          { src: fromCallback(() => () => gone.push('callback')) },
          { src: fromObservable(() => new Observable(() => () => gone.push('observable'))) },
          { src: createMachine({ initial: 'x', states: { x: { after: { 9000: 'y' } }, y: {} } }) },
        ],
      },
      b: {},
    },
  });
  const { registry, run, clock } = sessionWithBehaviours();
  const { actor, heard } = run(logic);
  expect(registry.delayedEvents.size).toBe(2);
  actor.stop();
  actor.stop();
  expect(gone.sort()).toEqual(['callback', 'observable', 'promise']);
  expect(heard).toEqual(['stopped']);
  expect(registry.delayedEvents.size).toBe(0);
  expect(clock.pending).toBe(0);
});

test('a machine that fails in an action of its own leaves nothing running, nor do those under it', () => {
  const gone: string[] = [];
  const invoked = (name: string) => fromCallback(() => () => gone.push(name));
  // The one in the middle failed before, and the outer one took no offence.
  const middle = createMachine({
    initial: 'up',
    states: { up: { after: { 5000: 'up' }, invoke: { src: invoked('inner') } } },
    on: { fail: { actions: boom } },
  });
  const outer = createMachine({
    invoke: [{ id: 'middle', src: middle }, { src: invoked('outer') }],
    on: {
      'fail.middle': {
        actions: ({ self }) => self.getSnapshot().children['middle']?.send({ type: 'fail' }),
      },
      'fail.outer': { actions: boom },
      'xstate.error.actor.middle': {},
    },
  });
  const { registry, run } = sessionWithBehaviours();
  const { actor, heard } = run(outer);
  actor.send({ type: 'fail.middle' });
  expect(heard).toEqual([]);
  actor.send({ type: 'fail.outer' });
  expect(heard).toEqual(['failed Error: boom']);
  expect(gone.sort()).toEqual(['inner', 'outer']);
  expect(registry.delayedEvents.size).toBe(0);
});

test('a callback that fails lets go of what it holds', () => {
  const gone: string[] = [];
  const logic = fromCallback(({ receive }) => {
    receive(boom);
    return () => gone.push('callback');
  });
  const { run } = sessionWithBehaviours();
  const { actor, heard } = run(logic);
  actor.send({ type: 'anything' });
  expect(heard).toEqual(['failed Error: boom']);
  actor.stop();
  expect(gone).toEqual(['callback']);
});

test('one that fails while it is being stopped is stopped, and leaves nothing', () => {
  const gone: string[] = [];
  let stopIt: () => void = () => undefined;
  const logic = createMachine({
    invoke: { src: fromCallback(() => () => gone.push('callback')) },
    on: {
      go: {
        actions: () => {
          stopIt();
          boom();
        },
      },
    },
  });
  const { run } = sessionWithBehaviours();
  const { actor, heard } = run(logic);
  stopIt = () => actor.stop();
  actor.send({ type: 'go' });
  expect(heard).toEqual(['stopped']);
  expect(gone).toEqual(['callback']);
});
