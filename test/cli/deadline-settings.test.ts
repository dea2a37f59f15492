import { expect, test } from 'vitest';
import {
  adjustedInFlags,
  contradictionIn,
  deadlineOptions,
} from '../../src/cli/deadline-settings.ts';
import { resolveDeadlines } from '../../src/runtime/liveness/deadlines.ts';

const UNSET = {
  idleAfter: null,
  idleTimeout: null,
  pausedTimeout: null,
  maxLifetime: null,
  heartbeatInterval: null,
  heartbeatMissed: null,
  hibernateAfter: null,
} as const;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const told = (settings: Partial<Parameters<typeof contradictionIn>[0]>): string | null => {
  const found = contradictionIn({ ...UNSET, ...settings }, (key) => `<${key}>`);
  return found === null ? null : `${found.name} ${found.message}`;
};

test('only what was set goes to the runtime', () => {
  expect(deadlineOptions(UNSET)).toEqual({});
  expect(
    deadlineOptions({ ...UNSET, idleAfter: 1, maxLifetime: 'off', heartbeatMissed: 2 }),
  ).toEqual({ idleAfterMs: 1, maxLifetimeMs: 'off', heartbeatMissed: 2 });
  expect(deadlineOptions({ ...UNSET, hibernateAfter: 0 })).toEqual({ hibernateAfterMs: 0 });
});

test.each([
  [
    { idleAfter: MINUTE, idleTimeout: 30 * SECOND },
    '<idleAfter> is 1m, but must be below <idleTimeout> (30s).',
  ],
  [
    { idleTimeout: 2 * DAY, maxLifetime: 90 * SECOND },
    '<idleTimeout> is 2d, but must be at most <maxLifetime> (90s).',
  ],
  [
    { pausedTimeout: 1_001, maxLifetime: SECOND },
    '<pausedTimeout> is 1001ms, but must be at most <maxLifetime> (1s).',
  ],
])('deadlines that contradict each other are told as they were written: %j', (settings, what) => {
  expect(told(settings)).toBe(what);
});

test('deadlines that agree, or make way, are no contradiction', () => {
  expect(told({})).toBeNull();
  expect(told({ idleAfter: SECOND, idleTimeout: 3 * SECOND })).toBeNull();
  expect(told({ idleTimeout: 100 * DAY })).toBeNull();
  expect(told({ idleAfter: 'off', idleTimeout: 1, maxLifetime: 'off' })).toBeNull();
});

test('what made way is told by its flag and as people write durations', () => {
  const sentences = (options: Parameters<typeof resolveDeadlines>[0]) =>
    adjustedInFlags(resolveDeadlines(options).adjusted);
  expect(sentences({ idleTimeoutMs: 100 * DAY })).toEqual([
    '--max-lifetime makes room for --idle-timeout: 100d',
  ]);
  expect(sentences({ idleTimeoutMs: MINUTE })).toEqual([
    '--idle-after yields to --idle-timeout: 30s',
  ]);
  expect(sentences({ maxLifetimeMs: MINUTE }).join('\n')).not.toMatch(/Ms\b| ms\b/);
  expect(sentences({ maxLifetimeMs: MINUTE })).toHaveLength(3);
  expect(sentences({})).toEqual([]);
});
