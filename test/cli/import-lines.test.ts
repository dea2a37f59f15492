import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportLines } from '../../src/cli/export-lines.ts';
import { importLines } from '../../src/cli/import-lines.ts';
import { mintSessionId } from '../../src/index.ts';
import type { JournalEntry, SessionRecord, StoredSession } from '../../src/store/contract.ts';

const SESSION: StoredSession = {
  createdAt: 1_000,
  expiresAt: null,
  lastActivityAt: 2_000,
  lastSignAt: 2_000.5,
  provenAt: null,
  beats: 'first',
  watched: false,
  pausedAt: null,
  eventSeq: 3,
  operations: [{ operation: 'op', name: 'sync', seq: 1 }],
  endedAt: null,
  reason: null,
  client: { name: 'chat' },
  metadata: {},
  mcpServers: [],
  data: { any: ['thing', null, 1.5] },
  behaviour: null,
  journal: { first: 1, bytes: 10 },
};

const recordOf = (change: Partial<SessionRecord> = {}): SessionRecord => ({
  id: mintSessionId(),
  principal: 'ada',
  key: 'key:chat',
  token: 'token',
  epoch: 3,
  owner: 'process',
  state: 'idle',
  due: { at: 5_000, deadline: 'idleTimeout' },
  journalSeq: 2,
  schema: 2,
  session: SESSION,
  snapshot: null,
  ...change,
});

const entriesOf = ({ session, journalSeq }: SessionRecord): JournalEntry[] =>
  Array.from({ length: journalSeq - session.journal.first + 1 }, (_, at) => ({
    seq: session.journal.first + at,
    epoch: 1,
    data: { kind: 'message', at, role: 'user', content: 'x' },
  }));

const exported = (records: readonly SessionRecord[]): string[] => {
  const byId = new Map(records.map((record) => [record.id, record]));
  const reader = {
    *records() {
      yield* records;
    },
    *entries(id: string) {
      const record = byId.get(id);
      yield* record === undefined ? [] : entriesOf(record);
    },
  };
  return [...exportLines(reader, 7, { sessions: 0, entries: 0 })].map((line) => line.trimEnd());
};

async function* numbered(lines: readonly string[]) {
  yield* lines.map((text, at) => ({ number: at + 1, text }));
}

const brought = async (lines: readonly string[]) => {
  const found = [];
  for await (const one of importLines(numbered(lines))) found.push(one);
  return found;
};

const trimmed = recordOf({ key: null, session: { ...SESSION, journal: { first: 2, bytes: 5 } } });
const empty = recordOf({
  principal: null,
  state: 'terminated',
  due: { at: 9, deadline: 'tombstone' },
  journalSeq: 4,
  session: { ...SESSION, endedAt: 3, reason: 'client', journal: { first: 5, bytes: 0 } },
});
const LINES = exported([recordOf(), trimmed, empty]);

test('an export brings what went into it, without tokens and owners', async () => {
  const found = await brought(LINES);
  const records = found.flatMap((one) => ('record' in one ? [one.record] : []));
  const { token: _, owner: __, ...rest } = trimmed;
  expect(records[1]).toEqual(rest);
  expect(found.filter((one) => 'entry' in one)).toHaveLength(3);
  expect(found.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6, 7]);
});

test('one from which a line was taken, doubled or moved, or that was cut anywhere, is no export', async () => {
  const place = fc.nat(LINES.length - 1);
  const change = fc.oneof(
    fc.record({ how: fc.constant('take' as const), at: place, to: place }),
    fc.record({ how: fc.constant('double' as const), at: place, to: place }),
    fc.record({ how: fc.constant('cut' as const), at: place, to: fc.nat(40) }),
  );
  await fc.assert(
    fc.asyncProperty(change, async ({ how, at, to }) => {
      const lines = [...LINES];
      const line = lines[at] ?? '';
      if (how === 'take') lines.splice(at, 1);
      else if (how === 'double') lines.splice(to, 0, line);
      else {
        const left = line.slice(0, Math.min(to, line.length - 1));
        lines.splice(at, lines.length, ...(left === '' ? [] : [left]));
      }
      // A session without a journal may come twice for all that is known here: who takes it in looks for that.
      if (how === 'double' && JSON.parse(line).record?.id === empty.id) return;
      await expect(brought(lines)).rejects.toThrow(/^line \d+: /);
    }),
  );
});

const broken = (path: readonly string[], value: unknown): string[] => {
  const [header = '', line = '', ...rest] = exported([recordOf()]);
  const session = JSON.parse(line);
  const last = path.at(-1) ?? '';
  const place = path.slice(0, -1).reduce((at, name) => at[name], session.record);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return [header, JSON.stringify(session), ...rest];
};

describe('a record is refused', () => {
  test.each([
    ['id', 'ses_x'],
    ['id', undefined],
    ['principal', 'a\0b'],
    ['principal', '\ud800'],
    ['principal', ''],
    ['principal', undefined],
    ['key', 'a\0b'],
    ['key', 5],
    ['epoch', 0],
    ['epoch', 1.5],
    ['state', 'gone'],
    ['due', { at: 'x', deadline: 'idleTimeout' }],
    ['due', { at: 1, deadline: 'never' }],
    ['due', undefined],
    ['journalSeq', -1],
    ['schema', '2'],
    ['schema', 1_000],
    ['session', []],
    ['snapshot', undefined],
    ['snapshot', { any: 'thing' }],
    ['session.createdAt', null],
    ['session.expiresAt', 'x'],
    ['session.beats', 'often'],
    ['session.watched', 1],
    ['session.eventSeq', -1],
    ['session.operations', [{ operation: 'x' }]],
    ['session.putAway', false],
    ['session.reason', 'boredom'],
    ['session.client', 'chat'],
    ['session.metadata', null],
    ['session.mcpServers', {}],
    ['session.data', undefined],
    ['session.behaviour', 1],
    ['session.journal', { first: 0, bytes: 0 }],
    ['session.journal', { first: 4, bytes: 0 }],
  ])('whose %s is %j', async (path, value) => {
    await expect(brought(broken(path.split('.'), value))).rejects.toThrow(/^line 2: /);
  });

  test('that ended, and says not when or why', async () => {
    await expect(brought(broken(['state'], 'terminated'))).rejects.toThrow(
      'line 2: has a session that ended, and not when or why.',
    );
  });

  test('that is deeper than anything that is stored', async () => {
    const deep = JSON.parse(`${'['.repeat(1_200)}${']'.repeat(1_200)}`);
    await expect(brought(broken(['session', 'data'], deep))).rejects.toThrow('line 2: is deeper');
  });
});

test('one of an older schema is taken in as it is', async () => {
  const [found] = await brought(broken(['schema'], 1));
  expect(found).toMatchObject({ record: { schema: 1 } });
});

test.each([
  [['{"kind":"header","format":"other","version":1}'], 'line 1: is no header'],
  [['{"kind":"header","format":"holdfast-export","version":2}'], 'says format version 2'],
  [['[]'], 'line 1: is no line of an export.'],
  [[LINES[0] ?? '', '{"kind":"more"}'], 'line 2: is no line of an export.'],
  [[LINES[0] ?? '', '{"kind":"entry","seq":1,"epoch":1,"data":1}'], 'is an entry of no session'],
  [[LINES[0] ?? '', '{"kind":"end","sessions":1,"entries":0}'], 'there were 0 and 0'],
  [
    [LINES[0] ?? '', LINES[1] ?? '', '{"kind":"entry","seq":1,"epoch":4,"data":1}'],
    'line 3: is an entry that nobody can have written',
  ],
  [
    [LINES[0] ?? '', LINES[1] ?? '', '{"kind":"entry","seq":1,"epoch":1}'],
    'line 3: is an entry without its data',
  ],
  [[...LINES.slice(0, 2), '{"kind":"end","sessions":1,"entries":0}'], 'line 3: comes too early'],
  [[...LINES.slice(0, 2), LINES[4] ?? ''], 'line 3: comes too early: entries 1 to 2'],
  [
    [...LINES.slice(0, 4), '{"kind":"entry","seq":3,"epoch":1,"data":1}'],
    'line 5: is entry 3 of its journal',
  ],
  [[...LINES.slice(0, 4), '{"kind":"end","sessions":1,"entries":3}'], 'there were 1 and 2'],
])('%j is told as what it is', async (lines, what) => {
  await expect(brought(lines)).rejects.toThrow(what);
});
