import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionEvent, SessionState } from '../../machines/index.ts';
import { InvalidEventError } from '../../src/errors.ts';
import { sendToSession, watchSession } from '../../src/xstate/session-actor.ts';
import { anyLife, EVERY_EVENT, PATHS, tableSays } from '../machines/session-table.ts';
import { acceptingRegistry, crashingLogic } from './registry-under-test.ts';

const inState = (state: SessionState) => {
  const { spawn } = acceptingRegistry();
  const actor = spawn('a');
  for (const step of PATHS[state]) actor.send(step);
  return actor;
};

test('an event is taken exactly where the table has a row for it', () => {
  for (const state of Object.keys(PATHS) as SessionState[]) {
    for (const event of EVERY_EVENT) {
      const said = tableSays(state, event, null) === null ? 'ignored' : 'taken';
      expect(sendToSession(inState(state), event), `${state} ${JSON.stringify(event)}`).toBe(said);
    }
  }
});

test('over any life, what was taken and what was ignored follows the table', () => {
  fc.assert(
    fc.property(anyLife, (life) => {
      const actor = inState('initializing');
      for (const event of life) {
        const said = tableSays(actor.getSnapshot().value, event, null) === null;
        expect(sendToSession(actor, event)).toBe(said ? 'ignored' : 'taken');
      }
    }),
    { numRuns: 300 },
  );
});

test('an activity while active is taken, though it changes nothing', () => {
  const actor = inState('active');
  const before = actor.getSnapshot();
  expect(sendToSession(actor, { type: 'session.activity' })).toBe('taken');
  expect(actor.getSnapshot()).toBe(before);
});

test.each(['xstate.stop', 'xstate.after.1.session', 'xstate.done.actor.a', '*', '', 'toString', 7])(
  'an event of the type %j is not let in',
  (type) => {
    const actor = inState('active');
    const event = { type } as unknown as SessionEvent; // What untyped callers can do.
    expect(() => sendToSession(actor, event)).toThrow(InvalidEventError);
    expect(actor.getSnapshot()).toMatchObject({ value: 'active', status: 'active' });
  },
);

test.each([null, undefined, 'session.pause', 3])('%j is no event', (value) => {
  const event = value as unknown as SessionEvent; // What untyped callers can do.
  expect(() => sendToSession(inState('active'), event)).toThrow(InvalidEventError);
});

test('an event sent in the middle of another is queued, and does not blur the answer to the first', () => {
  const answers: string[] = [];
  const { registry, spawn } = acceptingRegistry({
    inspect: (event) => {
      if (event.type !== '@xstate.event' || event.event.type !== 'session.resume') return;
      // Comes before the delivery: not yet in the middle for XState, but for the caller.
      answers.push(sendToSession(spawned, { type: 'session.pause' }));
    },
  });
  const spawned = spawn('a');
  sendToSession(spawned, { type: 'session.ready' });
  // Resume is not drawn in active; the pause in between makes a new snapshot all the same.
  const reception = sendToSession(spawned, { type: 'session.resume', at: 0 });
  expect(answers).toEqual(['queued']);
  expect(reception).toBe('ignored');
  expect(registry.get('a')).toBe(spawned);
});

test('a session that fails takes the event it fails of, and ignores the next', () => {
  const { spawn } = acceptingRegistry({ logic: crashingLogic });
  const actor = spawn('a');
  expect(sendToSession(actor, { type: 'session.pause' })).toBe('taken');
  expect(sendToSession(actor, { type: 'session.pause' })).toBe('ignored');
});

test('a listener that throws is told of, and hurts nobody', () => {
  const actor = inState('active');
  const errors: unknown[] = [];
  const states: unknown[] = [];
  const broken = watchSession(
    actor,
    () => {
      throw new Error('listener');
    },
    (error) => errors.push(error),
  );
  watchSession(actor, (snapshot) => states.push(snapshot.value));
  sendToSession(actor, { type: 'session.pause' });
  expect(states).toEqual(['paused']);
  expect(errors).toEqual([new Error('listener')]);
  broken.unsubscribe();
  sendToSession(actor, { type: 'session.resume', at: 0 });
  expect(errors.length).toBe(1);
});
