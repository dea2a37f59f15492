import { expect, test } from 'vitest';
import { type Deadlines, resolveDeadlines } from '../../../src/runtime/liveness/deadlines.ts';
import {
  type LivenessNumbers,
  type Moment,
  nextDue,
} from '../../../src/runtime/liveness/next-due.ts';
import { DEADLINES } from '../fixture.ts';

// idleAfter 10 s, idleTimeout 60 s, beats 3 × 5 s, pausedTimeout 120 s, maxLifetime 1,000 s.
const deadlines = resolveDeadlines(DEADLINES);
const WALL = 1_000_000_000;
const NEVER_RESTS = Number.POSITIVE_INFINITY;

/** Active since mono 1,000, looked at in that same moment. */
const numbers: LivenessNumbers = {
  state: 'active',
  residency: 'resident',
  restingSince: NEVER_RESTS,
  quietSince: 1_000,
  lastSign: 1_000,
  provenAt: Number.NEGATIVE_INFINITY,
  watched: false,
  missed: 0,
  inFlight: 0,
  residents: 0,
  pausedAt: 0,
  expiresAt: WALL + 1_000_000,
};
const now: Moment = {
  mono: 1_000,
  wall: WALL,
  endOfLastGap: Number.NEGATIVE_INFINITY,
  frozen: false,
};

type Case = readonly [
  name: string,
  numbers: Partial<LivenessNumbers>,
  now: Partial<Moment>,
  what: string,
  at: number,
];

const NEVER = Number.POSITIVE_INFINITY;
const OVER = { quietSince: -1e6, lastSign: -1e6, watched: true };

const CASES: readonly Case[] = [
  [
    'a stream that keeps it in memory holds off its rest',
    { state: 'idle', restingSince: 0, residents: 1 },
    {},
    'idleTimeout',
    61_000,
  ],
  [
    'a stored one has only what ends it: no idleAfter',
    { state: 'idle', residency: 'stored', restingSince: 0 },
    {},
    'idleTimeout',
    61_000,
  ],
  [
    'a stored one that is watched misses no single beats, only the window',
    { state: 'idle', residency: 'stored', watched: true },
    {},
    'heartbeat',
    16_000,
  ],
  ['active and quiet: idleAfter first', {}, {}, 'idleAfter', 11_000],
  ['idle: idleTimeout, from the same quiet', { state: 'idle' }, {}, 'idleTimeout', 61_000],
  ['watched: the first beat to miss', { watched: true }, {}, 'beat', 6_000],
  ['one missed: the second', { state: 'idle', watched: true, missed: 1 }, {}, 'beat', 11_000],
  [
    'a second beat before idleAfter',
    { watched: true, missed: 1, lastSign: 999 },
    {},
    'beat',
    10_999,
  ],
  ['two missed: idleAfter is sooner', { watched: true, missed: 2 }, {}, 'idleAfter', 11_000],
  ['the end of the window', { state: 'idle', watched: true, missed: 2 }, {}, 'heartbeat', 16_000],
  [
    'the window of who waited for an answer counts from that answer',
    { state: 'idle', watched: true, missed: 2, lastSign: -30_000 },
    {},
    'heartbeat',
    16_000,
  ],
  [
    '… and of who waited for none, from the last sign',
    { state: 'idle', watched: true, missed: 2, quietSince: -30_000 },
    {},
    'heartbeat',
    16_000,
  ],
  [
    'beats are missed from the last sign on, whatever was answered',
    { watched: true, lastSign: -2_000 },
    {},
    'beat',
    3_000,
  ],
  [
    'a presence that proved life: idleTimeout counts from there',
    { state: 'idle', provenAt: 5_000 },
    {},
    'idleTimeout',
    65_000,
  ],
  ['… one that did long ago', { state: 'idle', provenAt: 999 }, {}, 'idleTimeout', 61_000],
  ['… but idleAfter does not', { provenAt: 5_000 }, {}, 'idleAfter', 11_000],
  [
    '… nor the heartbeat',
    { state: 'idle', watched: true, missed: 2, provenAt: 5_000 },
    {},
    'heartbeat',
    16_000,
  ],
  [
    '… nor the lifetime',
    { state: 'idle', provenAt: 5_000, expiresAt: WALL + 3_000 },
    {},
    'maxLifetime',
    4_000,
  ],
  ['not watched: no beat is missed', { state: 'idle', lastSign: -1e6 }, {}, 'idleTimeout', 61_000],
  ['work: silence does not count', { inFlight: 1 }, {}, 'maxLifetime', 1_001_000],
  ['work, long silent', { ...OVER, missed: 2, inFlight: 1 }, {}, 'maxLifetime', 1_001_000],
  ['work: a missed beat is told', { watched: true, inFlight: 1 }, {}, 'beat', 6_000],
  [
    'paused: its own deadline, on the wall',
    { state: 'paused', pausedAt: WALL - 5_000 },
    {},
    'pausedTimeout',
    116_000,
  ],
  [
    'paused, long silent',
    { ...OVER, state: 'paused', pausedAt: WALL },
    {},
    'pausedTimeout',
    121_000,
  ],
  [
    'paused near the end of its life',
    { state: 'paused', pausedAt: WALL, expiresAt: WALL + 7 },
    {},
    'maxLifetime',
    1_007,
  ],
  ['its lifetime, though silent', { expiresAt: WALL + 3_000 }, {}, 'maxLifetime', 4_000],
  ['its lifetime, over for long', { expiresAt: WALL - 3_000 }, {}, 'maxLifetime', -2_000],
  [
    'initializing: only its lifetime',
    { ...OVER, state: 'initializing' },
    {},
    'maxLifetime',
    1_001_000,
  ],
  ['terminating: nothing', { ...OVER, state: 'terminating', expiresAt: 0 }, {}, 'none', NEVER],
  ['terminated: nothing', { ...OVER, state: 'terminated', expiresAt: 0 }, {}, 'none', NEVER],
  ['frozen: silence does not count', OVER, { frozen: true }, 'maxLifetime', 1_001_000],
  [
    'frozen and paused: its deadline does',
    { state: 'paused', pausedAt: WALL },
    { frozen: true },
    'pausedTimeout',
    121_000,
  ],
  ['frozen, without a lifetime', { expiresAt: null }, { frozen: true }, 'none', NEVER],
  [
    'a gap ended just now: a fresh window for idleAfter',
    { quietSince: -1e6 },
    { endOfLastGap: 1_000 },
    'idleAfter',
    11_000,
  ],
  [
    '… for idleTimeout: the grace',
    { state: 'idle', quietSince: -1e6 },
    { endOfLastGap: 1_000 },
    'idleTimeout',
    16_000,
  ],
  [
    '… for the heartbeat',
    { ...OVER, state: 'idle', quietSince: 0, missed: 2 },
    { endOfLastGap: 1_000 },
    'heartbeat',
    16_000,
  ],
  [
    '… for a beat: one interval',
    { ...OVER, quietSince: 0 },
    { endOfLastGap: 1_000 },
    'beat',
    6_000,
  ],
  ['a gap long ago changes nothing', {}, { endOfLastGap: -500_000 }, 'idleAfter', 11_000],
  ['a gap does not shorten', {}, { endOfLastGap: 999 }, 'idleAfter', 11_000],
  [
    'a gap moves no lifetime',
    { expiresAt: WALL + 2 },
    { endOfLastGap: 1_000 },
    'maxLifetime',
    1_002,
  ],
  [
    'a gap moves no pause',
    { state: 'paused', pausedAt: WALL - 120_000 },
    { endOfLastGap: 1_000 },
    'pausedTimeout',
    1_000,
  ],
  [
    'the wall stepped forward: its lifetime is nearer',
    {},
    { wall: WALL + 999_000 },
    'maxLifetime',
    2_000,
  ],
  [
    'the wall stepped back: silence is where it was',
    {},
    { wall: WALL - 3_600_000 },
    'idleAfter',
    11_000,
  ],
];

test.each(CASES)('%s', (_name, changed, moment, what, at) => {
  expect(nextDue({ ...numbers, ...changed }, deadlines, { ...now, ...moment })).toEqual({
    what,
    at,
  });
});

test('the grace is never longer than the deadline itself', () => {
  const short = resolveDeadlines({ ...DEADLINES, idleTimeoutMs: 12_000 });
  const idle = { ...numbers, state: 'idle' as const, quietSince: -1e6 };
  expect(nextDue(idle, short, { ...now, endOfLastGap: 1_000 }).at).toBe(13_000);
});

test('what is off never falls due', () => {
  const off: Deadlines = resolveDeadlines({
    idleAfterMs: 'off',
    idleTimeoutMs: 'off',
    heartbeatIntervalMs: 'off',
    pausedTimeoutMs: 'off',
    maxLifetimeMs: 'off',
  });
  const gap = { ...now, endOfLastGap: 1_000 };
  for (const state of ['initializing', 'active', 'idle', 'paused'] as const) {
    const silent = { ...numbers, ...OVER, state, expiresAt: null };
    expect(nextDue(silent, off, now)).toEqual({ what: 'none', at: NEVER });
    expect(nextDue(silent, off, gap)).toEqual({ what: 'none', at: NEVER });
  }
});

test('one missed beat may be enough: then none is told before the end', () => {
  const strict = resolveDeadlines({ ...DEADLINES, heartbeatMissed: 1 });
  expect(nextDue({ ...numbers, watched: true }, strict, now)).toEqual({
    what: 'heartbeat',
    at: 6_000,
  });
});

test('with a durable store an idle or paused session rests for hibernateAfter, and no longer', () => {
  const durable = resolveDeadlines({ ...DEADLINES, hibernateAfterMs: 3_000 }, true);
  const resting = { ...numbers, restingSince: 1_500 };
  const dueOf = (changed: Partial<LivenessNumbers>) =>
    nextDue({ ...resting, ...changed }, durable, now);
  expect(dueOf({ state: 'idle' })).toEqual({ what: 'hibernateAfter', at: 4_500 });
  expect(dueOf({ state: 'paused', pausedAt: WALL })).toEqual({ what: 'hibernateAfter', at: 4_500 });
  for (const changed of [
    { state: 'active' },
    { state: 'idle', inFlight: 1 },
    { state: 'idle', residency: 'hibernating' },
    { state: 'idle', residency: 'stored' },
  ] as const) {
    expect(dueOf(changed).what).not.toBe('hibernateAfter');
  }
});
