import { expect, test } from 'vitest';
import { createMachine, fromPromise, type InspectionEvent } from 'xstate';
import { sessionMachine } from '../../machines/index.ts';
import { sendToSession } from '../../src/xstate/session-actor.ts';
import { guardSession, sessionLogic } from '../../src/xstate/session-logic.ts';
import { boom, sessionWithBehaviours } from './behaviour-under-test.ts';
import { acceptingRegistry } from './registry-under-test.ts';

test('it is the chart of a session in everything an inspector looks at', () => {
  const seen: InspectionEvent[] = [];
  const { session } = sessionWithBehaviours((event) => seen.push(event));
  const snapshots = seen.filter(
    (event) => event.type === '@xstate.snapshot' && event.actorRef === session,
  );
  expect(snapshots.at(-1)).toMatchObject({
    snapshot: { value: 'active', machine: sessionMachine },
  });
  expect(sessionLogic.config).toBe(sessionMachine.config);
  expect(sessionLogic.id).toBe('session');
});

test('only what was sent with sendToSession is heard', () => {
  const { session } = sessionWithBehaviours();
  session.send({ type: 'session.pause' });
  expect(session.getSnapshot().value).toBe('active');
  session.send({ type: 'xstate.error.actor.behaviour' } as never); // Not in the type of what it hears.
  expect(session.getSnapshot().status).toBe('active');
  expect(sendToSession(session, { type: 'session.pause' })).toBe('taken');
  expect(session.getSnapshot().value).toBe('paused');
});

const hanging = (gone: string[]) =>
  createMachine({
    invoke: {
      src: fromPromise(({ signal }) => {
        signal.addEventListener('abort', () => gone.push('aborted'));
        return new Promise(() => {});
      }),
    },
  });

test('a session that is released, and a registry that is stopped, take the behaviour with them', () => {
  const gone: string[] = [];
  const released = sessionWithBehaviours();
  const first = released.run(hanging(gone));
  released.registry.stop('ses');
  expect(first.heard).toEqual(['stopped']);
  const stopped = sessionWithBehaviours();
  const second = stopped.run(hanging(gone));
  stopped.registry.actor.stop();
  expect(second.heard).toEqual(['stopped']);
  expect(gone).toEqual(['aborted', 'aborted']);
});

test('a session that crashes takes it with it', () => {
  const gone: string[] = [];
  const crashing: typeof sessionMachine = Object.create(sessionMachine);
  crashing.transition = (snapshot, event, scope) =>
    event.type === 'session.pause' ? boom() : sessionMachine.transition(snapshot, event, scope);
  const { spawn, registry } = acceptingRegistry({ logic: guardSession(crashing) });
  const { run } = sessionWithBehaviours();
  const session = spawn('other');
  sendToSession(session, { type: 'session.ready' });
  const { heard } = run(hanging(gone), { input: undefined }, session);
  sendToSession(session, { type: 'session.pause' });
  expect(heard).toEqual(['stopped']);
  expect(gone).toEqual(['aborted']);
  expect(registry.size).toBe(0);
});
