import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registryMachine, sessionMachine } from '../../../machines/index.ts';
import type { StoredSession } from '../../../src/index.ts';
import type { Envelope } from '../../../src/store/envelope/envelope.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { shapeOf } from '../../../src/testing/index.ts';
import { makeCorpus } from './make-corpus.ts';

/*
 * What is stored, as a shape. A session may sleep through many versions, so a change here is a new RECORD_SCHEMA:
 *
 * 1. raise RECORD_SCHEMA in src/store/envelope/read-record.ts;
 * 2. add the step from the version before to RECORD_MIGRATIONS, also where nothing is to be done;
 * 3. add the new version to the corpus: see corpus.test.ts;
 * 4. rewrite the fixture: SHAPES=write npx vitest run test/store/envelope/shapes.test.ts
 */

const FILE = new URL('../../fixtures/shapes.json', import.meta.url);

const TO_DO = [
  'What is stored has another shape than in the version before. If that is meant:',
  '1. raise RECORD_SCHEMA (src/store/envelope/read-record.ts);',
  '2. add the step to it to RECORD_MIGRATIONS (src/store/envelope/record-migrations.ts);',
  '3. add it to the corpus: CORPUS=write npx vitest run test/store/envelope/corpus.test.ts;',
  '4. rewrite the fixture: SHAPES=write npx vitest run test/store/envelope/shapes.test.ts.',
].join('\n');

// The compiler sees to it that these are all.
const STORED_SESSION = {
  createdAt: true,
  expiresAt: true,
  lastActivityAt: true,
  lastSignAt: true,
  provenAt: true,
  beats: true,
  watched: true,
  pausedAt: true,
  eventSeq: true,
  operations: true,
  putAway: true,
  heardAway: true,
  endedAt: true,
  reason: true,
  client: true,
  metadata: true,
  mcpServers: true,
  data: true,
  frontEnds: true,
  behaviour: true,
  journal: true,
} as const satisfies Record<keyof StoredSession, true>;

const ENVELOPE = {
  machineId: true,
  machineVersion: true,
  incarnation: true,
  savedAt: true,
  timers: true,
  input: true,
  status: true,
  failures: true,
  checkpoint: true,
} as const satisfies Record<keyof Envelope, true>;

const present = {
  schema: RECORD_SCHEMA,
  session: shapeOf(sessionMachine, { id: '', principal: null, expiresAt: null }),
  registry: shapeOf(registryMachine),
  storedSession: Object.keys(STORED_SESSION).sort(),
  envelope: Object.keys(ENVELOPE).sort(),
};

/** Every leaf of a value, by where it stands. */
const leaves = (value: unknown, at = ''): [string, string][] => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [[at, JSON.stringify(value)]];
  }
  // What a list of names has in it counts, not where.
  const named = (key: string, item: unknown): string =>
    Array.isArray(value) && typeof item === 'string' ? `${at} › ${item}` : `${at} › ${key}`;
  return Object.entries(value).flatMap(([key, item]) => leaves(item, named(key, item)));
};

/** What is in one and not in the other, in words. */
const changes = (before: unknown, after: unknown): string[] => {
  const old = new Map(leaves(before));
  const now = new Map(leaves(after));
  const gone = [...old].filter(([at]) => !now.has(at)).map(([at, is]) => `gone:    ${at}: ${is}`);
  const other = [...now].flatMap(([at, is]) => {
    const was = old.get(at);
    if (was === is) return [];
    return [was === undefined ? `new:     ${at}: ${is}` : `changed: ${at}: ${was} → ${is}`];
  });
  return [...gone, ...other];
};

const fixture = (): unknown => JSON.parse(readFileSync(FILE, 'utf8'));

if (process.env['SHAPES'] === 'write') {
  const before = existsSync(FILE) ? (fixture() as { schema: number }) : { schema: 0 };
  // A change without a new version is what this file is here to notice.
  if (before.schema === RECORD_SCHEMA) throw new Error(TO_DO);
  writeFileSync(FILE, `${JSON.stringify(present, null, 2)}\n`);
}

test('the shape of what is stored changes only with its version', () => {
  const changed = changes(fixture(), present);
  expect(changed, `${TO_DO}\n${changed.join('\n')}`).toEqual([]);
});

test('what changed is named by where it stands', () => {
  const { session } = present;
  const { active } = session.states as Record<string, { on: object }>;
  const other = {
    ...present,
    envelope: [...present.envelope, 'extra'],
    session: {
      ...session,
      context: session.context.filter((field) => field !== 'reason'),
      states: {
        ...session.states,
        active: { ...active, on: { ...active?.on, 'session.new': [] } },
      },
    },
  };
  expect(changes(present, other)).toEqual([
    'gone:     › session › context › reason: "reason"',
    'new:      › session › states › active › on › session.new: []',
    'new:      › envelope › extra: "extra"',
  ]);
});

test('the names of the fields are those of real records', async () => {
  const corpus = await makeCorpus();
  const keys = (values: readonly unknown[]): string[] =>
    [...new Set(values.flatMap((value) => Object.keys(Object(value))))].sort();
  expect(keys(corpus.map(({ record }) => record.session))).toEqual(present.storedSession);
  expect(keys(corpus.map(({ record }) => record.snapshot))).toEqual(present.envelope);
});
