import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { SESSION_STATES, type SessionEvent, sessionMachine } from '../../machines/index.ts';
import { anyLife, EVERY_EVENT, EXPIRES_AT, PATHS, reasonSaid, tableSays } from './session-table.ts';

// XState's development build warns of each event that reaches an ended actor; here that is the point.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const startOne = (expiresAt: number | null) =>
  createActor(sessionMachine, { input: { id: 'ses_1', principal: 'ada', expiresAt } }).start();

type SessionUnderTest = ReturnType<typeof startOne>;

/** Sends one event and holds the chart to the table. */
const sendAndCheck = (actor: SessionUnderTest, event: SessionEvent) => {
  const before = actor.getSnapshot();
  const { expiresAt, reason } = before.context;
  const to = tableSays(before.value, event, expiresAt);
  actor.send(event);
  const after = actor.getSnapshot();

  if (to === null) expect(after).toBe(before);
  else expect(after.value).toBe(to);

  const ended = after.value === 'terminating' || after.value === 'terminated';
  expect(after.context.reason !== null).toBe(ended);
  if (reason !== null) expect(after.context.reason).toBe(reason);
  else if (ended) expect(after.context.reason).toBe(reasonSaid(event));
  expect(after.status).toBe(after.value === 'terminated' ? 'done' : 'active');
  expect(after.output).toEqual(
    after.value === 'terminated' ? { reason: after.context.reason } : undefined,
  );
  expect(after.context).toMatchObject({ id: 'ses_1', principal: 'ada', expiresAt });
};

test('every pair of state and event does what the table says, with every payload', () => {
  const visited = new Set<string>();
  for (const expiresAt of [EXPIRES_AT, null]) {
    for (const state of SESSION_STATES) {
      for (const event of EVERY_EVENT) {
        const actor = startOne(expiresAt);
        for (const step of PATHS[state]) actor.send(step);
        expect(actor.getSnapshot().value).toBe(state);
        sendAndCheck(actor, event);
        visited.add(`${state} ${event.type}`);
      }
    }
  }
  expect(visited.size).toBe(6 * 9);
});

test('any life follows the table, ends at most once and keeps the first reason', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(anyLife, fc.constantFrom(EXPIRES_AT, null), (life, expiresAt) => {
      const actor = startOne(expiresAt);
      let ends = 0;
      actor.subscribe({ complete: () => ends++ });
      const reasons = new Set<string | null>();
      for (const event of life) {
        sendAndCheck(actor, event);
        reached.add(actor.getSnapshot().value);
        reasons.add(actor.getSnapshot().context.reason);
      }
      expect(ends).toBe(actor.getSnapshot().value === 'terminated' ? 1 : 0);
      reasons.delete(null);
      expect(reasons.size).toBeLessThanOrEqual(1);
    }),
    { numRuns: 1_000 },
  );
  // Otherwise the property says less than it seems to.
  expect([...reached].sort()).toEqual([...SESSION_STATES].sort());
});

test('the same life gives the same snapshots: the chart reads no clock and no mutable object', () => {
  fc.assert(
    fc.property(anyLife, (life) => {
      const [one, two] = [startOne(EXPIRES_AT), startOne(EXPIRES_AT)];
      for (const event of life) {
        one.send(event);
        two.send(Object.freeze({ ...event }));
      }
      expect(one.getPersistedSnapshot()).toEqual(two.getPersistedSnapshot());
    }),
    { numRuns: 200 },
  );
});

test('a snapshot that went through JSON goes on where it was', () => {
  fc.assert(
    fc.property(anyLife, fc.constantFrom(...EVERY_EVENT), (life, event) => {
      const actor = startOne(EXPIRES_AT);
      for (const step of life) actor.send(step);
      const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
      const restored = createActor(sessionMachine, {
        snapshot: stored,
        input: { id: 'ignored', principal: null, expiresAt: null },
      }).start();
      actor.send(event);
      restored.send(event);
      expect(restored.getSnapshot().value).toBe(actor.getSnapshot().value);
      expect(restored.getSnapshot().context).toEqual(actor.getSnapshot().context);
    }),
    { numRuns: 300 },
  );
});
