import { expect, test } from 'vitest';
import { storyOf } from '../../../src/cli/kept/story.ts';
import { storyLines } from '../../../src/cli/kept/story-lines.ts';
import { mintSessionId } from '../../../src/index.ts';
import type { JournalEntry, SessionRecord, StoredSession } from '../../../src/store/contract.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { storedSession, THEN } from '../../../src/testing/store-contract/case.ts';

const MINUTE = 60_000;
const NOW = THEN + 60 * MINUTE;

const recordOf = (
  change: Partial<SessionRecord> = {},
  session: Partial<StoredSession> = {},
): SessionRecord => ({
  id: mintSessionId(),
  principal: 'ada',
  key: null,
  token: 'token',
  epoch: 1,
  owner: null,
  state: 'idle',
  due: null,
  journalSeq: 0,
  schema: RECORD_SCHEMA,
  snapshot: null,
  ...change,
  session: { ...storedSession(), ...session },
});

const told = (
  record: SessionRecord,
  {
    aliveAt = null,
    isHeld = null,
    data = [],
  }: { aliveAt?: number | null; isHeld?: boolean | null; data?: readonly unknown[] } = {},
): string => {
  const entries: JournalEntry[] = data.map((one, at) => ({ seq: at + 1, epoch: 1, data: one }));
  return storyLines(storyOf(record, entries, { aliveAt, isHeld }, NOW), NOW).join('\n');
};

const message = (at: number, role = 'user') => ({ kind: 'message', role, content: 'said', at });
const operation = (phase: string, at: number, more: object = {}) => ({
  kind: 'operation',
  operation: 'op',
  name: 'sync\n\u001b[2J',
  phase,
  at,
  ...more,
});

test.each([
  [{ state: 'active', owner: 'p' }, NOW - 1_000, 'active or idle', 'memory of a server that lives'],
  [{ state: 'active', owner: 'p' }, NOW - MINUTE, 'idle', 'gone or held up, last seen 1 min ago'],
  [
    { state: 'active', owner: null },
    NOW - 1_000,
    'idle',
    'in the folder (its server was last seen',
  ],
  [{ state: 'paused', owner: null }, null, 'paused', 'in the folder'],
  [{ state: 'initializing', owner: 'p' }, null, 'was being made ready', 'left by a server'],
] as const)('where it is, and what state that means: %j', (change, aliveAt, state, place) => {
  const lines = told(recordOf(change), { aliveAt });
  expect(lines.split('\n')[0]).toContain(`: ${state}`);
  expect(lines).toContain(place);
});

test('a server that was seen five seconds ago may still live; what has ended is in nobody’s memory', () => {
  const held = recordOf({ state: 'active', owner: 'p' });
  const placed = (record: SessionRecord, agoMs: number) => {
    const { place, state } = storyOf(record, [], { aliveAt: NOW - agoMs, isHeld: null }, NOW);
    return [place, state];
  };
  expect(placed(held, 5_000)).toEqual(['resident', 'active']);
  expect(placed(held, 5_001)).toEqual(['left', 'idle']);
  const over = recordOf({ state: 'terminated', owner: 'p' }, { endedAt: NOW, reason: 'client' });
  expect(placed(over, 0)).toEqual(['stored', 'terminated']);
});

test('a server that has given up its lock, as every one that was killed, is known to be gone at once', () => {
  const held = recordOf({ state: 'active', owner: 'p' });
  const placed = (isHeld: boolean | null, agoMs: number) =>
    storyOf(held, [], { aliveAt: NOW - agoMs, isHeld }, NOW).place;
  expect(placed(false, 0)).toBe('left');
  expect(placed(true, 0)).toBe('resident');
  // One that is held up has its lock all the same.
  expect(placed(true, 5_001)).toBe('left');
  expect(told(held, { aliveAt: NOW, isHeld: false })).toContain(
    'left by a server that is gone, last seen',
  );
  expect(told(held, { aliveAt: NOW - MINUTE, isHeld: true })).toContain(
    'left by a server that is held up, last seen 1 min ago',
  );
});

test('a behaviour is told with the version that stored it, by which a missing migration shows', () => {
  const envelope = {
    machineId: 'alarm',
    machineVersion: 3,
    incarnation: 1,
    savedAt: THEN,
    timers: [],
    input: null,
    status: 'running',
    failures: { inARow: 0, early: 0 },
    checkpoint: null,
  };
  const lineOf = (snapshot: unknown) =>
    /^ {2}behaviour .*$/m.exec(told(recordOf({ snapshot }, { behaviour: 'alarm' })))?.[0];
  expect(lineOf(envelope)).toBe('  behaviour       alarm, stored in version 3');
  expect(lineOf(null)).toBe('  behaviour       alarm');
});

test.each([
  ['idleTimeout', 'ends with idle-timeout, if nothing is heard'],
  ['heartbeat', 'ends with heartbeat-lost, if its client does not beat'],
  ['pausedTimeout', 'ends with paused-timeout, if it is not resumed'],
  ['maxLifetime', 'ends with max-lifetime'],
  ['delay', 'its behaviour is due to go on'],
  ['tombstone', 'its record and its journal are removed'],
  ['unfinished', 'goes on with what was left unfinished'],
] as const)('what it waits for: %s', (deadline, words) => {
  const lines = told(recordOf({ due: { at: NOW + 90_000, deadline } }));
  expect(lines).toMatch(new RegExp(`waits for +in 1 min 30 s \\(.* UTC\\): .*${words}`));
});

test('a deadline that is over, and none at all', () => {
  const due = { at: NOW - 90_000, deadline: 'maxLifetime' } as const;
  expect(told(recordOf({ due }))).toMatch(/^ {2}overdue +for 1 min 30 s \(.* UTC\): it ends/m);
  expect(told(recordOf({ due }))).not.toContain('waits for');
  expect(told(recordOf())).toContain('no deadline: it is kept until somebody asks');
});

test.each([
  'client',
  'operator',
  'idle-timeout',
  'heartbeat-lost',
  'paused-timeout',
  'max-lifetime',
  'init-failed',
  'crashed',
  'evicted',
  'shutdown',
] as const)('why it ended: %s, in words of its own', (reason) => {
  const lines = told(recordOf({ state: 'terminated' }, { endedAt: NOW - MINUTE, reason }));
  expect(lines.split('\n')[0]).toMatch(new RegExp(`: ended 1 min ago \\(${reason}\\)$`));
  expect(lines).toMatch(/^ {2}ended .*, 1 min ago: \w+ \w+/m);
  const ending = told(recordOf({ state: 'terminating' }, { endedAt: NOW, reason }));
  expect(ending.split('\n')[0]).toContain(`is ending (${reason})`);
});

test('messages are counted in rows between operations; nothing of them, or of an operation, is shown', () => {
  const data = [
    message(THEN),
    message(THEN + MINUTE, 'assistant'),
    message(THEN + MINUTE, 'assistant'),
    operation('started', THEN + 2 * MINUTE, { input: 'said' }),
    operation('interrupted', THEN + 3 * MINUTE),
    operation('finished', THEN + 4 * MINUTE, { outcome: 'failed', error: 'said', result: 'said' }),
    { kind: 'of a newer version', at: THEN },
    message(THEN + 5 * MINUTE),
  ];
  const operations = [{ operation: 'op', name: 'sync', seq: null }];
  const lines = told(recordOf({}, { operations }), { data }).split('\n');
  expect(lines.slice(-6).map((line) => line.trim().replace(/^[-\d]+ [:\d]+ +/, ''))).toEqual([
    'In its journal (UTC):',
    '3 messages (1 user, 2 assistant), until 2023-11-14 22:14:20',
    'operation sync??[2J started',
    'operation sync??[2J interrupted',
    'operation sync??[2J finished: failed',
    '1 message (1 user)',
  ]);
  expect(lines.join('\n')).toContain('8 entries, 0 bytes: 4 messages (2 user, 2 assistant)');
  expect(lines.join('\n')).toContain('operation sync, when this was recorded');
  expect(lines.join('\n')).not.toContain('said');
});

test('an entry that is not what its kind says is counted, and nothing of it is told', () => {
  const data = [
    { kind: 'operation' },
    { ...operation('\u001b]0;pwned\u0007', THEN) },
    { ...message(THEN), at: '\u001b[2J' },
    message(THEN, '__proto__'),
    message(THEN),
  ];
  const lines = told(recordOf(), { data });
  expect(lines).toContain('5 entries, 0 bytes: 1 message (1 user)');
  expect(lines).not.toContain('pwned');
  expect(lines.split('\n').slice(-2)[0]).toBe('In its journal (UTC):');
});

test('a name is told as far as it fits a line', () => {
  const lines = told(recordOf({}, { client: { name: 'x'.repeat(1_000_000), version: '1' } }));
  expect(lines.length).toBeLessThan(3_000);
});

test('one that is damaged says so, whatever is left of it', () => {
  const damaged = { ...recordOf({ schema: 0 }), session: null } as unknown as SessionRecord;
  expect(told(damaged)).toMatch(/cannot be read +.*damaged/);
});

test('of a long journal the end is told, and how much came before', () => {
  const data = Array.from({ length: 50 }, (_, n) => operation('started', THEN + n));
  const lines = told(recordOf({}, { journal: { first: 11, bytes: 9 } }), { data }).split('\n');
  expect(lines.filter((line) => line.includes('operation sync'))).toHaveLength(40);
  expect(lines).toContain('  … 10 earlier');
  expect(lines.join('\n')).toContain('the 10 before them were dropped');
});

test('whose it is and who the client is stay one line, whatever they are called', () => {
  const record = recordOf(
    { principal: 'a\nb', key: 'key:c\nd' },
    { client: { name: 'e\nf', version: 7 }, behaviour: 'g\nh' },
  );
  const lines = told(record);
  for (const shown of ['a?b', 'c?d', 'e?f ?', 'g?h']) expect(lines).toContain(shown);
  expect(told(recordOf({ principal: null, key: 'once:secret' }))).toContain('nobody (anonymous)');
  // What a client gave so that it is made once is no name of the session.
  expect(told(recordOf({ key: 'once:secret' }))).not.toContain('secret');
});

test('one that this version cannot read says so, and no guess is told as a fact', () => {
  const lines = told(recordOf({ schema: 1_000, due: { at: NOW + MINUTE, deadline: 'delay' } }));
  expect(lines).toMatch(/cannot be read +It was stored in schema 1000/);
  expect(lines).toContain('in 1 min (');
  expect(lines).not.toContain('1970');
});
