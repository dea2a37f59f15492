import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SESSION_STATES } from '../../../machines/index.ts';
import { resolveDeadlines } from '../../../src/runtime/liveness/deadlines.ts';
import {
  type LivenessNumbers,
  type Moment,
  nextDue,
} from '../../../src/runtime/liveness/next-due.ts';

const HOUR = 3_600_000;
const WALL = 1_700_000_000_000;
const RUNS = { numRuns: 1_000 };

const duration = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 8, max: 2 * HOUR }) },
  { weight: 1, arbitrary: fc.constant('off' as const) },
);
const anyDeadlines = fc
  .record({
    idleAfterMs: fc.integer({ min: 8, max: HOUR }),
    idleTimeoutMs: duration,
    heartbeatIntervalMs: duration,
    heartbeatMissed: fc.integer({ min: 1, max: 5 }),
    pausedTimeoutMs: duration,
  })
  .map((options) => {
    const { idleAfterMs, idleTimeoutMs } = options;
    const room = idleTimeoutMs === 'off' || idleAfterMs < idleTimeoutMs;
    return resolveDeadlines(room ? options : { ...options, idleTimeoutMs: idleAfterMs + 1 });
  });

const mono = fc.integer({ min: 0, max: 3 * HOUR });
const wall = fc.integer({ min: WALL - HOUR, max: WALL + 3 * HOUR });
const anyNumbers: fc.Arbitrary<LivenessNumbers> = fc.record({
  state: fc.constantFrom(...SESSION_STATES),
  residency: fc.constantFrom('resident', 'hibernating', 'stored'),
  restingSince: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), mono),
  quietSince: mono,
  lastSign: mono,
  provenAt: fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), mono),
  watched: fc.boolean(),
  missed: fc.integer({ min: 0, max: 5 }),
  inFlight: fc.integer({ min: 0, max: 2 }),
  residents: fc.integer({ min: 0, max: 2 }),
  pausedAt: wall,
  expiresAt: fc.option(wall),
});
const anyMoment: fc.Arbitrary<Moment> = fc.record({
  mono,
  wall,
  endOfLastGap: fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), mono),
  frozen: fc.boolean(),
});

const SILENCE = ['idleAfter', 'idleTimeout', 'heartbeat'];

test('with work in flight nothing but a missed beat, the lifetime or a pause falls due', () => {
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, (numbers, deadlines, now) => {
      const { what } = nextDue({ ...numbers, inFlight: 1 }, deadlines, now);
      expect(SILENCE).not.toContain(what);
    }),
    RUNS,
  );
});

test('in whatever state and moment, a deadline only falls due in a state it counts in', () => {
  const countsIn: Record<string, readonly string[]> = {
    idleAfter: ['active'],
    idleTimeout: ['active', 'idle'],
    beat: ['active', 'idle'],
    heartbeat: ['active', 'idle'],
    pausedTimeout: ['paused'],
    maxLifetime: ['initializing', 'active', 'idle', 'paused'],
    none: SESSION_STATES,
  };
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, (numbers, deadlines, now) => {
      const { what, at } = nextDue(numbers, deadlines, now);
      expect(countsIn[what]).toContain(numbers.state);
      expect(at).not.toBeNaN();
      expect(at === Number.POSITIVE_INFINITY).toBe(what === 'none');
      if (what === 'heartbeat' || what === 'beat') expect(numbers.watched).toBe(true);
      if (now.frozen) expect([...SILENCE, 'beat']).not.toContain(what);
    }),
    RUNS,
  );
});

test('after a gap every silence deadline leaves its window, and none comes sooner for the gap', () => {
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, mono, (numbers, deadlines, now, end) => {
      const calm = { ...now, endOfLastGap: Number.NEGATIVE_INFINITY };
      const before = nextDue(numbers, deadlines, calm);
      const after = nextDue(numbers, deadlines, { ...now, endOfLastGap: end });
      expect(after.at).toBeGreaterThanOrEqual(before.at);
      if (after.what !== 'beat' && !SILENCE.includes(after.what)) return;
      const lengths: Record<string, number> = {
        idleAfter: deadlines.idleAfterMs,
        idleTimeout: deadlines.idleTimeoutMs,
        heartbeat: deadlines.heartbeatIntervalMs * deadlines.heartbeatMissed,
        beat: deadlines.heartbeatIntervalMs * (numbers.missed + 1),
      };
      const window = Math.min(lengths[after.what] ?? 0, deadlines.graceMs);
      expect(after.at).toBeGreaterThanOrEqual(end + window);
    }),
    RUNS,
  );
});

test('a proof of life puts off the idle timeout, and nothing else', () => {
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, mono, (numbers, deadlines, now, provenAt) => {
      const unproven = { ...numbers, provenAt: Number.NEGATIVE_INFINITY };
      const before = nextDue(unproven, deadlines, now);
      const after = nextDue({ ...numbers, provenAt }, deadlines, now);
      if (before.what !== 'idleTimeout') expect(after).toEqual(before);
      else expect(after.at).toBeGreaterThanOrEqual(before.at);
      if (after.what !== 'idleTimeout') return;
      expect(after.at).toBeGreaterThanOrEqual(provenAt + deadlines.idleTimeoutMs);
    }),
    RUNS,
  );
});

test('no heartbeat window is over before it was whole, from the last sign and from the last answer', () => {
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, (numbers, deadlines, now) => {
      const { what, at } = nextDue(numbers, deadlines, now);
      if (what !== 'heartbeat') return;
      const window = deadlines.heartbeatIntervalMs * deadlines.heartbeatMissed;
      expect(at).toBeGreaterThanOrEqual(numbers.lastSign + window);
      expect(at).toBeGreaterThanOrEqual(numbers.quietSince + window);
    }),
    RUNS,
  );
});

test('no gap moves a deadline on the wall', () => {
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, mono, (numbers, deadlines, now, end) => {
      // Frozen or paused, only the wall deadlines are left.
      const calm = { ...now, frozen: true };
      expect(nextDue(numbers, deadlines, { ...calm, endOfLastGap: end })).toEqual(
        nextDue(numbers, deadlines, calm),
      );
    }),
    RUNS,
  );
});

test('a step of the wall clock moves the wall deadlines by just as much, and no silence deadline', () => {
  const step = fc.integer({ min: -HOUR, max: HOUR });
  fc.assert(
    fc.property(anyNumbers, anyDeadlines, anyMoment, step, (numbers, deadlines, now, stepMs) => {
      const stepped = { ...now, wall: now.wall + stepMs };
      const noLife = { ...numbers, expiresAt: null };
      if (numbers.state !== 'paused') {
        expect(nextDue(noLife, deadlines, stepped)).toEqual(nextDue(noLife, deadlines, now));
        return;
      }
      const before = nextDue(numbers, deadlines, now);
      const after = nextDue(numbers, deadlines, stepped);
      expect(after.what).toBe(before.what);
      if (before.what !== 'none') expect(after.at).toBe(before.at - stepMs);
    }),
    RUNS,
  );
});
