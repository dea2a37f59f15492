import { END_REASONS, REASON_OF_DEADLINE } from '../../../machines/index.ts';
import { checkedPrincipal } from '../../identity/principal.ts';
import { isSessionId } from '../../identity/session-id.ts';
import { isStorableText } from '../../identity/storable-text.ts';
import { LIMITS } from '../../limits.ts';
import type { SessionRecord, StoredSession } from '../../store/contract.ts';
import { isEnvelope } from '../../store/envelope/envelope.ts';
import { RECORD_SCHEMA, readRecord } from '../../store/envelope/read-record.ts';
import { jsonCopy } from '../../store/json-copy.ts';
import type { TakenRecord } from '../../store/sqlite/owned-folder.ts';
import { oneLine } from '../in-words.ts';
import {
  type Check,
  type Fields,
  fieldsOf,
  isFields,
  isFlag,
  isText,
  isTime,
  listOf,
  oneOf,
  orNull,
} from './checks.ts';
import { takenDue } from './taken-due.ts';
import { UnreadableHere, Unsound } from './unsound.ts';

const isCount: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LIMITS.importCount;
const isPositive: Check = (value) => isCount(value) && value !== 0;

const isPrincipal: Check = (value) => {
  if (value === null) return true;
  try {
    return isText(value) && isStorableText(String(value)) && checkedPrincipal(value) === value;
  } catch {
    return false;
  }
};

const DEADLINES = [...Object.keys(REASON_OF_DEADLINE), 'tombstone', 'delay', 'unfinished'];

const RECORD: Readonly<Record<keyof TakenRecord, Check>> = {
  id: isSessionId,
  principal: isPrincipal,
  key: orNull((value) => isText(value) && isStorableText(String(value))),
  epoch: isPositive,
  // Which ones there are is looked at with all that a record must have to be read.
  state: isText,
  due: orNull(fieldsOf({ at: isTime, deadline: oneOf(DEADLINES) })),
  journalSeq: isCount,
  schema: isPositive,
  session: isFields,
  snapshot: (value) => value !== undefined,
};

const SESSION: Readonly<Record<keyof StoredSession, Check>> = {
  createdAt: isTime,
  expiresAt: orNull(isTime),
  lastActivityAt: isTime,
  lastSignAt: isTime,
  provenAt: orNull(isTime),
  beats: oneOf(['first', 'required', 'off']),
  watched: isFlag,
  pausedAt: orNull(isTime),
  eventSeq: isCount,
  operations: listOf(fieldsOf({ operation: isText, name: isText, seq: orNull(isPositive) })),
  putAway: (value) => value === undefined || value === true,
  heardAway: (value) => value === undefined || value === true,
  endedAt: orNull(isTime),
  reason: orNull(oneOf(END_REASONS)),
  client: orNull(isFields),
  metadata: isFields,
  mcpServers: listOf(isFields),
  data: (value) => value !== undefined,
  frontEnds: isFields,
  behaviour: orNull(isText),
  journal: fieldsOf({ first: isPositive, bytes: isCount }),
};

const assertFields = (value: Fields, checks: Readonly<Record<string, Check>>, of: string): void => {
  for (const [name, check] of Object.entries(checks)) {
    if (!check(value[name]))
      throw new Unsound(`has a ${of} whose ${name} is missing or not allowed.`);
  }
};

/**
 * A session's record out of a file, looked at all through: this package relies on what it finds in a store. Throws
 * `Unsound`; `UnreadableHere` for one that only another version can read. Where it was written in an older schema it
 * stays in that one. Its deadline is at the latest what the rest of it says.
 */
export const checkedRecord = (value: unknown): TakenRecord => {
  if (!isFields(value)) throw new Unsound('has no record.');
  assertKnownSchema(value);
  assertFields(value, RECORD, 'record');
  const record = Object.fromEntries(
    Object.keys(RECORD).map((name) => [name, value[name]]),
  ) as unknown as TakenRecord; // Every one of its fields was just checked.
  checkedDepth(record);
  const read = readRecord({ ...record, token: '', owner: null } satisfies SessionRecord);
  if (read.unreadable !== null) throw new UnreadableHere(record.id, oneLine(read.unreadable));
  const { session, snapshot } = read.record;
  assertFields({ ...session }, SESSION, 'session');
  if (snapshot !== null && !isEnvelope(snapshot)) {
    throw new Unsound('has a behaviour that cannot be read.');
  }
  if (record.state === 'terminated' && (session.reason === null || session.endedAt === null)) {
    throw new Unsound('has a session that ended, and not when or why.');
  }
  if (record.state === 'paused' && session.pausedAt === null) {
    throw new Unsound('has a session that is paused, and not since when.');
  }
  if (session.journal.first > record.journalSeq + 1) {
    throw new Unsound('has a journal that begins behind its end.');
  }
  return { ...record, due: takenDue({ state: record.state, due: record.due, session, snapshot }) };
};

/** First of all: what a newer version writes may be another state, or another deadline. */
const assertKnownSchema = ({ schema, id }: Fields): void => {
  if (!isPositive(schema) || Number(schema) <= RECORD_SCHEMA) return;
  throw new UnreadableHere(
    isSessionId(id) ? id : null,
    `It is of schema ${schema}, and this version of Holdfast knows 1 to ${RECORD_SCHEMA}.`,
  );
};

/** Throws `Unsound` for what is deeper than a store takes. */
export const checkedDepth = (value: unknown): void => {
  try {
    jsonCopy(value, 'it', LIMITS.storedLevels);
  } catch {
    throw new Unsound('is deeper than anything that is stored.');
  }
};

/** Whether it is a count: a whole number from 0 up. */
export const isCounted = (value: unknown): value is number => isCount(value);
