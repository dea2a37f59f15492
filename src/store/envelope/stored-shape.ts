import { SESSION_STATES, type SessionState } from '../../../machines/index.ts';
import type { SessionRecord, StoredSession } from '../contract.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

const isOperation: Check = (value) =>
  isFields(value) &&
  isText(value['operation']) &&
  isText(value['name']) &&
  orNull(isCount)(value['seq']);

const isJournal: Check = (value) =>
  isFields(value) && isCount(value['first']) && isCount(value['bytes']);

const SESSION: readonly (readonly [string, Check])[] = Object.entries({
  createdAt: isNumber,
  expiresAt: orNull(isNumber),
  lastActivityAt: isNumber,
  lastSignAt: isNumber,
  provenAt: orNull(isNumber),
  beats: (value) => value === 'first' || value === 'required' || value === 'off',
  watched: isFlag,
  pausedAt: orNull(isNumber),
  eventSeq: isCount,
  operations: listOf(isOperation),
  putAway: (value) => value === undefined || value === true,
  heardAway: (value) => value === undefined || value === true,
  endedAt: orNull(isNumber),
  // Which reasons there are may be known better to another version: it is only told on.
  reason: orNull(isText),
  client: orNull(isFields),
  metadata: isFields,
  mcpServers: listOf(isFields),
  // Nobody in here looks into it.
  data: () => true,
  frontEnds: isFields,
  behaviour: orNull(isText),
  journal: isJournal,
} satisfies Record<keyof StoredSession, Check>);

/** Whether a record's state is one that the charts of this version have. */
export const isKnownState = (state: unknown): state is SessionState =>
  (SESSION_STATES as readonly unknown[]).includes(state);

/**
 * What is wrong with the shape of a record of the present schema, as the end of a sentence that begins with "It";
 * `null`: it has all that the runtime relies on, in its kind. Its snapshot is not looked at: see `isEnvelope`.
 */
export const faultIn = ({ session, due }: SessionRecord): string | null => {
  const stored: unknown = session;
  if (!isFields(stored)) return 'has no session';
  const fault = SESSION.find(([name, check]) => !check(stored[name]));
  if (fault !== undefined) return `has a session whose ${fault[0]} is missing or not allowed`;
  const isDue = due === null || (isFields(due) && isNumber(due.at) && isText(due.deadline));
  return isDue ? null : 'has a deadline that is none';
};
