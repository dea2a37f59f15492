import { exportLines, noTotals } from '../../../src/cli/kept/export-lines.ts';
import { importLines } from '../../../src/cli/kept/import-lines.ts';
import { mintSessionId } from '../../../src/index.ts';
import type { JournalEntry, SessionRecord, StoredSession } from '../../../src/store/contract.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';

/** A session as it is stored. */
export const SESSION: StoredSession = {
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
  frontEnds: {},
  behaviour: null,
  journal: { first: 1, bytes: 10 },
};

/** A record with a journal of two entries, changed. */
export const recordOf = (change: Partial<SessionRecord> = {}): SessionRecord => ({
  id: mintSessionId(),
  principal: 'ada',
  key: 'key:chat',
  token: 'token',
  epoch: 3,
  owner: 'process',
  state: 'idle',
  due: { at: 5_000, deadline: 'idleTimeout' },
  journalSeq: 2,
  schema: RECORD_SCHEMA,
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

/** What an export of these records is, a line each. */
export const exported = (records: readonly SessionRecord[]): string[] => {
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
  return [...exportLines(reader, 7, noTotals())].map((line) => line.trimEnd());
};

async function* numbered(lines: readonly string[]) {
  yield* lines.map((text, at) => ({ number: at + 1, text }));
}

/** What an import is brought of these lines. */
export const brought = async (lines: readonly string[], skipUnreadable = false) => {
  const found = [];
  for await (const one of importLines(numbered(lines), skipUnreadable)) found.push(one);
  return found;
};

/** An export of one record in which one value, by its path in the record, is another one. */
export const broken = (path: readonly string[], value: unknown): string[] => {
  const [header = '', line = '', ...rest] = exported([recordOf()]);
  const session = JSON.parse(line);
  const last = path.at(-1) ?? '';
  const place = path.slice(0, -1).reduce((at, name) => at[name], session.record);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return [header, JSON.stringify(session), ...rest];
};
