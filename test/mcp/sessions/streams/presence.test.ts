import { expect, test } from 'vitest';
import {
  isPingId,
  pingIdOf,
  pingJson,
  pingWindowMs,
} from '../../../../src/mcp/sessions/streams/presence.ts';
import { resolveDeadlines } from '../../../../src/runtime/liveness/deadlines.ts';

test.each([
  ['the heartbeat window', {}, 90_000],
  ['a third of the idle timeout, where that is shorter', { idleTimeoutMs: 30_000 }, 10_000],
  ['one that is set', { heartbeatIntervalMs: 2_000, heartbeatMissed: 2 }, 4_000],
  ['a second, at least', { heartbeatIntervalMs: 10, heartbeatMissed: 1 }, 1_000],
  ['90 s without a heartbeat', { heartbeatIntervalMs: 'off' }, 90_000],
  [
    'a third of the idle timeout without one',
    { heartbeatIntervalMs: 'off', idleTimeoutMs: 60_000 },
    20_000,
  ],
  [
    '90 s where nothing ends a session',
    { heartbeatIntervalMs: 'off', idleTimeoutMs: 'off' },
    90_000,
  ],
] as const)('an open GET is pinged each window: %s', (_, options, windowMs) => {
  expect(pingWindowMs(resolveDeadlines(options))).toBe(windowMs);
});

test('an answer to a ping is told by its id', () => {
  expect(JSON.parse(pingJson(7))).toEqual({ jsonrpc: '2.0', id: pingIdOf(7), method: 'ping' });
  expect(isPingId(pingIdOf(7))).toBe(true);
  for (const id of [7, '7', null, undefined, {}, 'ping-7']) expect(isPingId(id)).toBe(false);
});
