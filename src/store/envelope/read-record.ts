import type { SessionRecord, StoredSession } from '../contract.ts';
import { RECORD_MIGRATIONS, type Shape } from './record-migrations.ts';
import { faultIn, isKnownState } from './stored-shape.ts';

/**
 * The version of the shape of what is in a record, as it is written now: its `session`, and the envelope that is its
 * `snapshot`. 1 had neither the machine nor its version with a snapshot; 2 had nothing of front-ends.
 */
export const RECORD_SCHEMA = 3;

/**
 * The `schema` that a store gives a record out with whose content it cannot read: the columns are its own, the session and
 * the snapshot are `null`. Nobody writes it.
 */
export const DAMAGED_SCHEMA = 0;

/** A stored record as this code sees it. */
export interface ReadRecord {
  /**
   * In the present shape. Of one that cannot be read, only the columns that the store itself looks at: the rest says
   * nothing. A state that is not known here reads as `idle`, so that none ever reaches a chart that does not have it.
   */
  readonly record: SessionRecord;
  /** Why it cannot be read, in one sentence; `null`: it was. */
  readonly unreadable: string | null;
}

/**
 * Takes a stored record of any schema to the present one, in memory, and looks whether it is what is written in it; or says
 * why it cannot. Never throws.
 */
export const readRecord = (stored: SessionRecord): ReadRecord => {
  const { schema, state } = stored;
  if (schema === DAMAGED_SCHEMA) {
    return unreadable(stored, 'Its record is damaged: restore it from a copy.');
  }
  if (!Number.isInteger(schema) || schema < 1 || schema > RECORD_SCHEMA) {
    return unreadable(
      stored,
      `It was stored in schema ${schema}, and this process knows 1 to ${RECORD_SCHEMA}: ` +
        'use it with the newer version of Holdfast that wrote it.',
    );
  }
  if (!isKnownState(state)) {
    return unreadable(
      stored,
      `It is in the state ${JSON.stringify(String(state).slice(0, STATE_SHOWN))}, which this process does not know: ` +
        'use it with the newer version of Holdfast that wrote it.',
    );
  }
  const record = schema === RECORD_SCHEMA ? stored : migrated(stored);
  const fault = record === null ? NOT_OF_ITS_SCHEMA : faultIn(record);
  if (record !== null && fault === null) return { record, unreadable: null };
  return unreadable(
    stored,
    `It was stored in schema ${schema}, and ${fault}: restore it from a copy.`,
  );
};

/** So many characters of a state that is not known are shown. */
const STATE_SHOWN = 40;

const NOT_OF_ITS_SCHEMA = 'is not what was written in that schema';

/** In the present schema, step by step; `null`: a step found something else than it leads on from. */
const migrated = (stored: SessionRecord): SessionRecord | null => {
  try {
    let shape: Shape = stored;
    for (let version = stored.schema; version < RECORD_SCHEMA; version += 1) {
      const migrate = RECORD_MIGRATIONS[version];
      if (migrate === undefined) throw new Error(`There is no migration from schema ${version}.`);
      shape = migrate(shape);
    }
    const { session, snapshot } = shape;
    return { ...stored, schema: RECORD_SCHEMA, session, snapshot };
  } catch {
    return null;
  }
};

const unreadable = (stored: SessionRecord, why: string): ReadRecord => {
  const state = isKnownState(stored.state) ? stored.state : 'idle';
  return {
    record: { ...stored, state, session: NOTHING_KNOWN, snapshot: null },
    unreadable: why,
  };
};

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
  frontEnds: Object.freeze({}),
  behaviour: null,
  journal: { first: 1, bytes: 0 },
});
