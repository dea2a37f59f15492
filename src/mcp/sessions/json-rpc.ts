import type { RequestId } from './transport.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON-RPC message from a client, as far as it has been looked at. */
export interface JsonRpcMessage extends JsonObject {
  readonly jsonrpc: '2.0';
}

/** Whether a value is a JSON object, and no array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value may be the id of a request: a text or a whole number. */
export const isId = (value: unknown): value is RequestId =>
  typeof value === 'string' || Number.isSafeInteger(value);

const METHOD_NAME = /^[\w./$-]{1,64}$/;

/** A method as it may be shown, and name an operation: it is the client's own word, and `other` where that is no plain name. */
export const methodNameOf = (method: string): string =>
  METHOD_NAME.test(method) ? method : 'other';

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

const isMeta = (meta: unknown): boolean => {
  if (meta === undefined) return true;
  if (!isObject(meta)) return false;
  const { progressToken, [RELATED_TASK]: task } = meta;
  if (progressToken !== undefined && !isId(progressToken)) return false;
  return task === undefined || (isObject(task) && typeof task['taskId'] === 'string');
};

const hasMeta = (value: unknown): value is JsonObject => isObject(value) && isMeta(value['_meta']);

/** Whether it has none but these fields, beside `jsonrpc`. */
const hasOnly = (message: JsonObject, fields: readonly string[]): boolean => {
  for (const field in message) if (field !== 'jsonrpc' && !fields.includes(field)) return false;
  return true;
};

const CALL = ['id', 'method', 'params'];
const RESULT = ['id', 'result'];
const ERROR = ['id', 'error'];

const isCall = (message: JsonObject): boolean =>
  typeof message['method'] === 'string' &&
  (!('id' in message) || isId(message['id'])) &&
  (message['params'] === undefined || hasMeta(message['params'])) &&
  hasOnly(message, CALL);

const isError = (error: unknown): boolean =>
  isObject(error) && Number.isSafeInteger(error['code']) && typeof error['message'] === 'string';

/**
 * Whether a value is a message both SDKs take. They are strict, and what they do not take they neither answer nor refuse:
 * whoever sent it would wait for ever.
 */
export const isMessage = (value: unknown): value is JsonRpcMessage => {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return false;
  if ('method' in value) return isCall(value);
  if ('result' in value) {
    return isId(value['id']) && hasMeta(value['result']) && hasOnly(value, RESULT);
  }
  const { id, error } = value;
  return (id === undefined || isId(id)) && isError(error) && hasOnly(value, ERROR);
};
