import { Withheld } from '../errors/withheld.ts';
import { InvalidOptionError } from '../errors.ts';
import { isSessionId } from '../identity/session-id.ts';
import { isStorableText, STORABLE_TEXT } from '../identity/storable-text.ts';
import { LIMITS } from '../limits.ts';
import { jsonCopy } from '../store/json-copy.ts';
import { refuseUnknown } from './known-options.ts';
import type { CreateOptions } from './runtime.ts';
import type { Application } from './runtime-context.ts';
import type { Client, McpServerSpec } from './session.ts';

/** What a session is made with, checked and copied: nothing is shared with the caller. */
export interface CheckedCreate {
  readonly id: string | null;
  readonly client: Client | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly beats: 'first' | 'required' | 'off';
  readonly mcpServers: readonly McpServerSpec[];
  /** As it was given: the schema has not seen it yet. */
  readonly data: unknown;
  readonly behaviour: string | null;
  readonly input: unknown;
}

const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_SERVERS: readonly McpServerSpec[] = Object.freeze([]);

/**
 * Checks the options of `create` or `getOrCreate`. Throws `InvalidOptionError`.
 *
 * @param durable whether the input of a behaviour is stored, so that it must be JSON.
 */
export const checkedCreate = (
  options: CreateOptions,
  application: Application,
  durable: boolean,
  call: 'create' | 'getOrCreate' = 'create',
): CheckedCreate => {
  refuseUnknown(call, options);
  const { id, client, metadata, beats = 'first', mcpServers, behaviour } = options;
  if (id !== undefined && !isSessionId(id)) {
    throw new InvalidOptionError('id', id, 'an id from mintSessionId()');
  }
  if (beats !== 'first' && beats !== 'required' && beats !== 'off') {
    throw new InvalidOptionError('beats', beats, "'first', 'required' or 'off'");
  }
  if (behaviour !== undefined && !Object.hasOwn(application.behaviours, behaviour)) {
    const known = Object.keys(application.behaviours);
    const allowed =
      known.length === 0 ? 'left out: no behaviours are registered' : known.join(', ');
    throw new InvalidOptionError('behaviour', behaviour, allowed);
  }
  return {
    id: id ?? null,
    client: client === undefined ? null : checkedClient(client),
    metadata: metadata === undefined ? NO_METADATA : jsonObject('metadata', metadata),
    beats,
    mcpServers: mcpServers === undefined ? NO_SERVERS : checkedServers(mcpServers),
    data: options.data,
    behaviour: behaviour ?? null,
    input: durable && options.input !== undefined ? checkedInput(options.input) : options.input,
  };
};

/** The input of a behaviour, copied. A session's own data is as large. */
const checkedInput = (input: unknown): unknown => {
  const copy = jsonCopy(input, 'input');
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes <= LIMITS.dataBytes) return copy;
  throw new InvalidOptionError('input', `${bytes} bytes`, `at most ${LIMITS.dataBytes} of JSON`);
};

/** A key of the owner's own. Throws `InvalidOptionError`. */
export const checkedKey = (option: string, key: unknown): string => {
  if (typeof key === 'string' && key.length > 0 && key.length <= LIMITS.keyLength) {
    if (isStorableText(key)) return key;
  }
  const allowed = `a text of 1 to ${LIMITS.keyLength} characters, ${STORABLE_TEXT}`;
  throw new InvalidOptionError(option, new Withheld(key), allowed);
};

const checkedServers = (servers: readonly McpServerSpec[]): readonly McpServerSpec[] => {
  const allowed = `an array of objects with a name, at most ${LIMITS.mcpServersBytes} bytes of JSON`;
  if (!Array.isArray(servers)) throw new InvalidOptionError('mcpServers', servers, allowed);
  const copy = jsonCopy(servers as readonly McpServerSpec[], 'mcpServers');
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes > LIMITS.mcpServersBytes) {
    throw new InvalidOptionError('mcpServers', `${bytes} bytes`, allowed);
  }
  for (const server of copy) {
    if (typeof server !== 'object' || server === null || typeof server.name !== 'string') {
      throw new InvalidOptionError('mcpServers', server, allowed);
    }
  }
  return copy;
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
