import { call, INITIALIZE } from '../sessions/endpoint-under-test.ts';

/** What somebody hostile has learnt of a session of somebody else's. */
export interface Learnt {
  /** Ids of its events. */
  readonly ofPost: string;
  readonly ofStanding: string;
  /** The id of a call of hers that may be running. */
  readonly callId: string;
  /** The id of the ping that may wait on her stream. */
  readonly pingId: string;
  /** The id of a question that her server may wait for the answer to. */
  readonly questionId: unknown;
}

/** One request that names a session. */
export interface Attack {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
const PING = { jsonrpc: '2.0', id: 'p', method: 'ping' };
const REVISION = { 'mcp-protocol-version': '2025-11-25' };

const post = (body: unknown, headers = {}): Attack => ({ method: 'POST', headers, body });
const get = (headers = {}): Attack => ({ method: 'GET', headers });
const answer = (id: unknown, result: unknown = {}) => ({ jsonrpc: '2.0', id, result });
const cancel = (requestId: string) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

/** Everything one can ask for on a session, by what it is. None of it opens one. */
export const VERBS: Readonly<Record<string, (learnt: Learnt) => Attack>> = {
  'a request': () => post(call('m', 'echo', { text: 'x' })),
  'a request of the newest revision': () => post(call('m', 'echo', { text: 'x' }), REVISION),
  'a request under the id of her call': ({ callId }) => post(call(callId, 'echo', { text: 'x' })),
  'a method nobody knows': () => post({ jsonrpc: '2.0', id: 'm', method: 'x' }),
  'a request of a revision nobody knows': () =>
    post(PING, { 'mcp-protocol-version': '1999-01-01' }),
  'a log level': () =>
    post({ jsonrpc: '2.0', id: 'm', method: 'logging/setLevel', params: { level: 'debug' } }),
  'a notification': () => post(NOTICE),
  'the notification that she is initialized': () =>
    post({ jsonrpc: '2.0', method: 'notifications/initialized' }),
  'a ping': () => post(PING),
  'a batch of pings': () => post([PING, { ...PING, id: 'q' }]),
  'a response': () => post(answer(0)),
  'the answer to her server’s question': ({ questionId }) =>
    post(answer(questionId, { action: 'accept', content: {} })),
  'the answer to a ping of the endpoint': ({ pingId }) => post(answer(pingId)),
  'the cancellation of her call': ({ callId }) => post(cancel(callId)),
  'a batch of everything': ({ callId, pingId }) =>
    post([call('m', 'echo', { text: 'x' }), NOTICE, answer(pingId), cancel(callId), PING]),
  'an initialize that lacks its parameters': () =>
    post({ jsonrpc: '2.0', id: 'init', method: 'initialize', params: {} }),
  'a GET': () => get(),
  'a GET of the newest revision': () => get(REVISION),
  'a GET from an event of her call': ({ ofPost }) => get({ ...REVISION, 'last-event-id': ofPost }),
  'a GET from an event of her stream': ({ ofStanding }) =>
    get({ ...REVISION, 'last-event-id': ofStanding }),
  'a GET from an event nobody had': () => get({ 'last-event-id': 'sAAAAAAAAAAAAAAAA_1' }),
  'a GET from what is no event': () => get({ 'last-event-id': '../1' }),
  'a DELETE': () => ({ method: 'DELETE' }),
  'a DELETE of a revision nobody knows': () => ({
    method: 'DELETE',
    headers: { 'mcp-protocol-version': '1999-01-01' },
  }),
};

/** What is refused before a session is looked for, whichever it is. */
export const REFUSED: Readonly<Record<string, Attack>> = {
  'a PUT': { method: 'PUT', body: PING },
  'a body that is no JSON': post('{"jsonrpc"'),
  'a body that is no message': post({ hello: 'world' }),
  'an empty batch': post([]),
  'an initialize in a batch': post([INITIALIZE, PING]),
  'a POST that takes no stream': post(PING, { accept: 'application/json' }),
  'a GET that takes no stream': get({ accept: 'text/html' }),
};
