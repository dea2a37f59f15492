import { SESSION_STATES } from '../../machines/index.ts';
import { InvalidOptionError } from '../errors.ts';
import { isSessionId } from '../identity/session-id.ts';
import { LIMITS } from '../limits.ts';
import { jsonCopy } from '../store/json-copy.ts';
import { checkedCount } from './deadlines.ts';
import type { CreateOptions, ListOptions, RuntimeOptions } from './runtime.ts';
import type { RuntimeSettings } from './runtime-context.ts';
import type { Client } from './session.ts';

/** The numeric settings of a runtime. Throws `InvalidOptionError` with the option, its value and what is allowed. */
export const checkedSettings = ({
  maxResident = LIMITS.maxResident,
  maxPerPrincipal = LIMITS.maxPerPrincipal,
  tombstoneMs = LIMITS.tombstoneMs,
  sweepIntervalMs = LIMITS.sweepIntervalMs,
}: RuntimeOptions): RuntimeSettings => ({
  maxResident: checkedCount('maxResident', maxResident),
  maxPerPrincipal: checkedCount('maxPerPrincipal', maxPerPrincipal),
  tombstoneMs: finite('tombstoneMs', tombstoneMs),
  sweepIntervalMs: finite('sweepIntervalMs', sweepIntervalMs),
});

/** What a session is made with, checked and copied: nothing is shared with the caller. */
export interface CheckedCreate {
  readonly id: string | null;
  readonly client: Client | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly beats: 'first' | 'required' | 'off';
}

const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({});

/** Checks the options of `create`. Throws `InvalidOptionError`. */
export const checkedCreate = (options: CreateOptions): CheckedCreate => {
  const { id, client, metadata, beats = 'first' } = options;
  if (id !== undefined && !isSessionId(id)) {
    throw new InvalidOptionError('id', id, 'an id from mintSessionId()');
  }
  if (beats !== 'first' && beats !== 'required' && beats !== 'off') {
    throw new InvalidOptionError('beats', beats, "'first', 'required' or 'off'");
  }
  return {
    id: id ?? null,
    client: client === undefined ? null : checkedClient(client),
    metadata: metadata === undefined ? NO_METADATA : jsonObject('metadata', metadata),
    beats,
  };
};

/** Checks the page of a `list`. Throws `InvalidOptionError`. */
export const checkedPage = (options: ListOptions): { limit: number; cursor: string | null } => {
  const limit = checkedCount('limit', options.limit ?? LIMITS.listPage);
  if (limit > LIMITS.listPage) {
    throw new InvalidOptionError('limit', limit, `at most ${LIMITS.listPage}`);
  }
  const cursor = options.cursor ?? null;
  if (cursor !== null && !isSessionId(cursor)) {
    throw new InvalidOptionError('cursor', cursor, 'the cursor of the page before, or null');
  }
  const { state } = options;
  if (state !== undefined && !SESSION_STATES.includes(state)) {
    throw new InvalidOptionError('state', state, SESSION_STATES.join(', '));
  }
  return { limit, cursor };
};

const finite = (option: string, value: unknown): number => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 1) return value;
  throw new InvalidOptionError(option, value, 'a finite number of milliseconds of at least 1');
};

const checkedClient = (client: Client): Client => {
  const copy = jsonObject('client', client);
  for (const field of ['name', 'version'] as const) {
    const text = copy[field];
    if (typeof text !== 'string' || text.length > LIMITS.clientNameLength) {
      throw new InvalidOptionError(
        `client.${field}`,
        text,
        `a text of at most ${LIMITS.clientNameLength} characters`,
      );
    }
  }
  return copy as unknown as Client; // The two required fields were just checked; the rest is open JSON.
};

const jsonObject = (option: string, value: unknown): Readonly<Record<string, unknown>> => {
  const allowed = `a JSON object of at most ${LIMITS.metadataBytes} bytes`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(option, value, allowed);
  }
  const copy = jsonCopy(value as Readonly<Record<string, unknown>>, option);
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes > LIMITS.metadataBytes) throw new InvalidOptionError(option, `${bytes} bytes`, allowed);
  return copy;
};
