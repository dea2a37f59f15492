import { expect, test } from 'vitest';
import { SESSION_STATES } from '../../machines/index.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { absentActor } from '../../src/xstate/absent-actor.ts';
import { createRegistry } from '../../src/xstate/registry-logic.ts';
import { sendToSession } from '../../src/xstate/session-actor.ts';

const AT = { id: 'ses_a', principal: 'ada', expiresAt: 5_000 } as const;
const ROOM = { resident: 0, maxResident: 9, ofPrincipal: 0, maxPerPrincipal: 9 };

test('it stands where it was put, and moves as the chart does', () => {
  const actor = absentActor({ ...AT, state: 'idle', reason: null });
  expect(actor.getSnapshot()).toMatchObject({ value: 'idle', status: 'active', context: AT });
  const due = { type: 'session.due', inFlight: 0, at: 4_999 } as const;
  expect(sendToSession(actor, { ...due, deadline: 'maxLifetime' })).toBe('ignored');
  expect(sendToSession(actor, { ...due, deadline: 'idleTimeout' })).toBe('taken');
  expect(actor.getSnapshot()).toMatchObject({
    value: 'terminating',
    context: { reason: 'idle-timeout' },
  });
  sendToSession(actor, { type: 'session.cleaned' });
  expect(actor.getSnapshot()).toMatchObject({ value: 'terminated', status: 'done' });
  expect(sendToSession(actor, { type: 'session.pause' })).toBe('ignored');
});

test('an actor can be started at every state it can stand at', () => {
  const registry = createRegistry({ clock: createVirtualClock() });
  registry.start();
  registry.send({ type: 'registry.ready' });
  for (const state of SESSION_STATES.slice(0, 4)) {
    const input = { ...AT, id: `ses_${state}` };
    const actor = registry.spawn(input.id, input, ROOM, state);
    expect(actor?.getSnapshot()).toMatchObject({ value: state, status: 'active', context: input });
    if (actor === null) continue;
    sendToSession(actor, { type: 'session.terminate', reason: 'client' });
    expect(actor.getSnapshot().value).toBe('terminating');
  }
});
