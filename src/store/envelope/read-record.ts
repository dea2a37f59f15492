import type { SessionRecord, StoredSession } from '../contract.ts';
import { RECORD_MIGRATIONS, type Shape } from './record-migrations.ts';

/**
 * The version of the shape of what is in a record, as it is written now: its `session`, and the envelope that is its
 * `snapshot`. 1 had neither the machine nor its version with a snapshot.
 */
export const RECORD_SCHEMA = 2;

/** A stored record as this code sees it. */
export interface ReadRecord {
  /**
   * In the present shape. Of one that cannot be read, only the columns that the store itself looks at: the rest says
   * nothing.
   */
  readonly record: SessionRecord;
  /** Why it cannot be read, in one sentence; `null`: it was. */
  readonly unreadable: string | null;
}

/** Takes a stored record of any schema to the present one, in memory; or says why it cannot. Never throws. */
export const readRecord = (stored: SessionRecord): ReadRecord => {
  const { schema } = stored;
  if (schema === RECORD_SCHEMA) return { record: stored, unreadable: null };
  if (!Number.isInteger(schema) || schema < 1 || schema > RECORD_SCHEMA) {
    return unreadable(
      stored,
      `It was stored in schema ${schema}, and this process knows 1 to ${RECORD_SCHEMA}: ` +
        'use it with the newer version of Holdfast that wrote it.',
    );
  }
  try {
    let shape: Shape = stored;
    for (let version = schema; version < RECORD_SCHEMA; version += 1) {
      const migrate = RECORD_MIGRATIONS[version];
      if (migrate === undefined) throw new Error(`There is no migration from schema ${version}.`);
      shape = migrate(shape);
    }
    const { session, snapshot } = shape;
    return { record: { ...stored, schema: RECORD_SCHEMA, session, snapshot }, unreadable: null };
  } catch {
    return unreadable(
      stored,
      `It was stored in schema ${schema}, and is not what was written in that schema: restore it from a copy.`,
    );
  }
};

const unreadable = (stored: SessionRecord, why: string): ReadRecord => ({
  record: { ...stored, session: NOTHING_KNOWN, snapshot: null },
  unreadable: why,
});

/** In place of what cannot be read: nobody is to take a guess for a fact. */
const NOTHING_KNOWN: StoredSession = Object.freeze({
  createdAt: 0,
  expiresAt: null,
  lastActivityAt: 0,
  lastSignAt: 0,
  provenAt: null,
  beats: 'off',
  watched: false,
  pausedAt: null,
  eventSeq: 0,
  operations: [],
  endedAt: null,
  reason: null,
  client: null,
  metadata: Object.freeze({}),
  mcpServers: [],
  data: null,
  behaviour: null,
  journal: { first: 1, bytes: 0 },
});
