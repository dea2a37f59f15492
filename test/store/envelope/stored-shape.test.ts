import { expect, test } from 'vitest';
import type { SessionRecord, StoredSession } from '../../../src/index.ts';
import {
  DAMAGED_SCHEMA,
  RECORD_SCHEMA,
  readRecord,
} from '../../../src/store/envelope/read-record.ts';
import { newRecord, storedSession } from '../../../src/testing/store-contract/case.ts';

/** A record with something in it that the types do not allow: that is what these tests are about. */
const spoilt = (special: object): SessionRecord =>
  ({
    ...newRecord('a'),
    token: 't',
    epoch: 1,
    journalSeq: 0,
    schema: RECORD_SCHEMA,
    ...special,
  }) as unknown as SessionRecord;

const withSession = (change: object) => spoilt({ session: { ...storedSession(), ...change } });

const WRONG: Readonly<Record<keyof StoredSession, readonly unknown[]>> = {
  createdAt: [undefined, null, '1'],
  expiresAt: [undefined, '1'],
  lastActivityAt: [undefined, null],
  lastSignAt: [undefined, true],
  provenAt: [undefined, {}],
  beats: [undefined, null, 'always'],
  watched: [undefined, 1],
  pausedAt: [undefined, 'now'],
  eventSeq: [undefined, -1, 1.5, 2 ** 53],
  operations: [undefined, {}, [1], [{ operation: 'o', name: 'n' }], [{ name: 'n', seq: null }]],
  putAway: [false, null],
  heardAway: [false, 1],
  endedAt: [undefined, []],
  reason: [undefined, 1],
  client: [undefined, [], 'me'],
  metadata: [undefined, null, []],
  mcpServers: [undefined, {}, [null]],
  data: [],
  frontEnds: [undefined, null, [], 'notes'],
  behaviour: [undefined, {}],
  journal: [undefined, null, {}, { first: 1 }, { first: -1, bytes: 0 }],
};

test.each(
  Object.entries(WRONG).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
)('a session whose %s is %j is not trusted', (name, value) => {
  const { record, unreadable } = readRecord(withSession({ [name]: value }));
  expect(unreadable).toBe(
    `It was stored in schema ${RECORD_SCHEMA}, and has a session whose ${name} is missing or not allowed: restore it from a copy.`,
  );
  expect(record).toMatchObject({ id: 'a', state: 'active', snapshot: null });
  expect(record.session).toMatchObject({ createdAt: 0, operations: [], metadata: {} });
});

test.each([[null], ['text'], [[]], [1]])('a session that is %j is none', (session) => {
  expect(readRecord(spoilt({ session })).unreadable).toMatch(/has no session: restore it/);
  // The step from an older schema looks into it.
  expect(readRecord(spoilt({ session, schema: 1 })).unreadable).toMatch(/restore it from a copy/);
});

test('what other versions may know more of is taken as it is', () => {
  const stored = withSession({ reason: 'some-day', more: 1, data: null, client: { name: 'x' } });
  expect(readRecord(stored)).toEqual({ record: stored, unreadable: null });
});

test.each([[{}], [{ at: 'soon', deadline: 'delay' }], [{ at: 1 }], ['soon']])(
  'a deadline that is %j is none',
  (due) => {
    expect(readRecord(spoilt({ due })).unreadable).toMatch(/has a deadline that is none/);
  },
);

test.each([RECORD_SCHEMA, RECORD_SCHEMA + 1, DAMAGED_SCHEMA])(
  'a state that is not known, in schema %d, reaches nobody',
  (schema) => {
    const { record, unreadable } = readRecord(spoilt({ state: 'archived', schema }));
    expect(record.state).toBe('idle');
    expect(unreadable).toMatch(schema === RECORD_SCHEMA ? /^It is in the state "archived"/ : /./);
  },
);

test('a name of a state without end is cut', () => {
  const { unreadable } = readRecord(spoilt({ state: 'a'.repeat(10_000) }));
  expect(unreadable?.length).toBeLessThan(200);
});

test('a record that a store could not read says so', () => {
  const { record, unreadable } = readRecord(
    spoilt({ schema: DAMAGED_SCHEMA, session: null, snapshot: null, state: 'paused' }),
  );
  expect(unreadable).toBe('Its record is damaged: restore it from a copy.');
  expect(record).toMatchObject({ id: 'a', state: 'paused', session: { createdAt: 0 } });
});
