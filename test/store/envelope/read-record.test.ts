import { expect, test } from 'vitest';
import type { SessionRecord } from '../../../src/index.ts';
import { isEnvelope } from '../../../src/store/envelope/envelope.ts';
import { RECORD_SCHEMA, readRecord } from '../../../src/store/envelope/read-record.ts';
import { RECORD_MIGRATIONS } from '../../../src/store/envelope/record-migrations.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';

const record = (special: Partial<SessionRecord> = {}): SessionRecord => ({
  ...newRecord('a'),
  token: 't',
  epoch: 1,
  journalSeq: 0,
  schema: RECORD_SCHEMA,
  ...special,
});

const KEPT_IN_1 = {
  input: 'given',
  incarnation: 3,
  status: 'running',
  failures: { inARow: 1, early: 0 },
  checkpoint: {
    snapshot: { value: 'a', context: { session: null } },
    session: [['context', 'session']],
    delays: [{ from: [], to: ['kid'], event: { type: 'late' }, id: null, at: 7 }],
  },
};

test('a record of the present schema is taken as it is', () => {
  const stored = record({ snapshot: { any: 'thing' } });
  expect(readRecord(stored)).toEqual({ record: stored, unreadable: null });
  expect(readRecord(stored).record).toBe(stored);
});

test('there is a step from each schema to the next, and none beyond', () => {
  const steps = Array.from({ length: RECORD_SCHEMA - 1 }, (_, index) => String(index + 1));
  expect(Object.keys(RECORD_MIGRATIONS)).toEqual(steps);
});

test('schema 1: a behaviour becomes an envelope of version 1 of a machine that nobody noted', () => {
  const stored = record({ schema: 1, snapshot: KEPT_IN_1 });
  const before = structuredClone(stored);
  const { record: read, unreadable } = readRecord(stored);
  expect(unreadable).toBeNull();
  expect(read).toEqual({
    ...stored,
    schema: RECORD_SCHEMA,
    snapshot: {
      machineId: null,
      machineVersion: 1,
      incarnation: 3,
      savedAt: stored.session.lastActivityAt,
      timers: KEPT_IN_1.checkpoint.delays,
      input: 'given',
      status: 'running',
      failures: { inARow: 1, early: 0 },
      checkpoint: {
        snapshot: { value: 'a', context: { session: null } },
        session: [['context', 'session']],
      },
    },
  });
  expect(isEnvelope(read.snapshot)).toBe(true);
  expect(stored).toEqual(before);
  const bare = readRecord(record({ schema: 1, snapshot: { ...KEPT_IN_1, checkpoint: null } }));
  expect(bare.record.snapshot).toMatchObject({ checkpoint: null, timers: [] });
  expect(readRecord(record({ schema: 1 })).record.snapshot).toBeNull();
});

test('schema 2: no front-end had kept anything', () => {
  const { frontEnds: _none, ...before } = newRecord('a').session;
  const stored = record({ schema: 2, session: before as SessionRecord['session'] }); // As it was.
  const { record: read, unreadable } = readRecord(stored);
  expect(unreadable).toBeNull();
  expect(read).toEqual({ ...stored, schema: RECORD_SCHEMA, session: { ...before, frontEnds: {} } });
  expect(stored.session).toBe(before);
});

test.each([RECORD_SCHEMA + 1, -1, 1.5, Number.NaN])('schema %d is not read', (schema) => {
  const stored = record({ schema, snapshot: { secret: 1 }, state: 'paused' });
  const { record: read, unreadable } = readRecord(stored);
  expect(unreadable).toMatch(
    new RegExp(`^It was stored in schema .* knows 1 to ${RECORD_SCHEMA}: .*\\.$`),
  );
  // Its columns, and nothing else.
  expect(read).toMatchObject({ id: 'a', principal: 'alice', state: 'paused', schema, token: 't' });
  expect(read.snapshot).toBeNull();
  expect(read.session).toMatchObject({ createdAt: 0, client: null, metadata: {}, data: null });
});

test.each([
  [null],
  ['text'],
  [[]],
  [{}],
  [KEPT_IN_1],
  [{ machineVersion: 0 }],
  [{ machineVersion: 1.5 }],
  [{ machineId: 1 }],
  [{ incarnation: -1 }],
  [{ savedAt: null }],
  [{ timers: {} }],
  [{ timers: [{ from: [], to: [], event: {}, id: null, at: 1 }] }],
  [{ timers: [{ from: [], to: [], event: { type: 'x' }, id: null }] }],
  [{ status: 'away' }],
  [{ failures: null }],
  [{ failures: { inARow: 1 } }],
  [{ checkpoint: {} }],
  [{ checkpoint: { snapshot: {} } }],
  [{ checkpoint: undefined }],
])('%j is no envelope', (change) => {
  const { snapshot } = readRecord(record({ schema: 1, snapshot: KEPT_IN_1 })).record;
  const isChange = typeof change === 'object' && change !== null && !Array.isArray(change);
  const whole = !isChange || change === KEPT_IN_1 || Object.keys(change).length === 0;
  expect(isEnvelope(whole ? change : { ...Object(snapshot), ...change })).toBe(false);
});
