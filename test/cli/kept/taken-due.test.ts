import { expect, test } from 'vitest';
import { brought, exported, recordOf, SESSION } from './sample-export.ts';

const ENVELOPE = {
  machineId: null,
  machineVersion: 1,
  incarnation: 1,
  savedAt: 1,
  timers: [
    { from: [], to: [], event: { type: 'x' }, id: null, at: 4_500 },
    { from: [], to: [], event: { type: 'x' }, id: null, at: 4_400 },
  ],
  input: null,
  status: 'running',
  failures: { inARow: 0, early: 0 },
  checkpoint: null,
};

test.each([
  ['what it says', {}, {}, { at: 5_000, deadline: 'idleTimeout' }],
  ['none where there is none', { due: null }, {}, null],
  ['the end of its lifetime', { due: null }, { expiresAt: 3 }, { at: 3, deadline: 'maxLifetime' }],
  ['whichever is first', {}, { expiresAt: 4_999 }, { at: 4_999, deadline: 'maxLifetime' }],
  ['not what is later', {}, { expiresAt: 5_001 }, { at: 5_000, deadline: 'idleTimeout' }],
  ['a delay', { snapshot: ENVELOPE }, {}, { at: 4_400, deadline: 'delay' }],
  [
    'no delay of what is over',
    { snapshot: { ...ENVELOPE, status: 'done' } },
    {},
    { at: 5_000, deadline: 'idleTimeout' },
  ],
  [
    'at once, where it was being made',
    { state: 'initializing', due: { at: 1e15, deadline: 'unfinished' } },
    {},
    { at: 1_000, deadline: 'unfinished' },
  ],
  [
    'at once, where it was ending',
    { state: 'terminating', due: null },
    { endedAt: 7, reason: 'client' },
    { at: 7, deadline: 'unfinished' },
  ],
  [
    'as its tombstone says',
    { state: 'terminated', due: { at: 9, deadline: 'tombstone' } },
    { endedAt: 7, reason: 'client', expiresAt: 1 },
    { at: 9, deadline: 'tombstone' },
  ],
  [
    'after the time of a tombstone, where it ended and none says when it goes',
    { state: 'terminated', due: null },
    { endedAt: 7, reason: 'client' },
    { at: 7 + 20 * 60_000, deadline: 'tombstone' },
  ],
] as const)('a record is due by what it says itself: %s', async (_, change, session, due) => {
  const record = recordOf({ ...change, session: { ...SESSION, ...session } });
  const [found] = await brought(exported([record]));
  expect(found).toMatchObject({ record: { due } });
});
