import { LIMITS } from '../../limits.ts';
import type { InitializeParams } from './handshake.ts';
import { isId, isMessage, isObject, type JsonRpcMessage, methodNameOf } from './json-rpc.ts';
import type { RequestId } from './transport.ts';

/** A request in a body. */
export interface InboundRequest {
  readonly id: RequestId;
  /** Safe to be shown: what is no plain method name is called `other`. */
  readonly method: string;
}

/** What a POST holds, as far as its session is concerned. */
export interface Inbound {
  /** Every message, in order. */
  readonly messages: readonly JsonRpcMessage[];
  readonly batch: boolean;
  /** What an answer is due to. */
  readonly requests: readonly InboundRequest[];
  /** Requests the client no longer wants answered. */
  readonly cancelled: readonly RequestId[];
  /** Set when it opens a session. */
  readonly initialize: InitializeParams | null;
  /** Every message is a `ping`: proof of life, and nothing more. */
  readonly ping: boolean;
  /** Every message is an answer to a request of the server: the ids of these requests. `null`: there is something else. */
  readonly answers: readonly RequestId[] | null;
}

const cancelledOf = (message: JsonRpcMessage): RequestId | null => {
  if (message['method'] !== 'notifications/cancelled' || 'id' in message) return null;
  const id = isObject(message['params']) ? message['params']['requestId'] : null;
  return isId(id) ? id : null;
};

/** One that lacks what every client says of itself opens nothing: it is a request like any other. */
const openingOf = (message: JsonRpcMessage): InitializeParams | null => {
  const { method, params } = message;
  if (method !== 'initialize' || !('id' in message) || !isObject(params)) return null;
  const { protocolVersion, capabilities, clientInfo } = params;
  if (typeof protocolVersion !== 'string' || !isObject(capabilities)) return null;
  if (!isObject(clientInfo)) return null;
  const { name, version } = clientInfo;
  if (typeof name !== 'string' || typeof version !== 'string') return null;
  return { protocolVersion, capabilities, clientInfo: { ...clientInfo, name, version } };
};

const isMessages = (values: readonly unknown[]): values is readonly JsonRpcMessage[] =>
  values.length > 0 && values.length <= LIMITS.batchMessages && values.every(isMessage);

/**
 * Looks a body over: whether it is JSON-RPC as both SDKs take it, and what is in it for the session.
 * `null`: it is none, or a batch of more than `LIMITS.batchMessages`.
 */
export const inboundOf = (body: unknown): Inbound | null => {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (!isMessages(messages)) return null;
  const requests: InboundRequest[] = [];
  const cancelled: RequestId[] = [];
  const answers: RequestId[] = [];
  let initialize: InitializeParams | null = null;
  let pings = 0;
  let others = 0;
  for (const message of messages) {
    const { id, method } = message;
    if (typeof method !== 'string') {
      if (isId(id)) answers.push(id);
      continue;
    }
    others += 1;
    if (isId(id)) {
      requests.push({ id, method: methodNameOf(method) });
      if (method === 'ping') pings += 1;
      initialize ??= openingOf(message);
    } else {
      const named = cancelledOf(message);
      if (named !== null) cancelled.push(named);
    }
  }
  return {
    messages,
    batch: Array.isArray(body),
    requests,
    cancelled,
    initialize,
    ping: pings === messages.length,
    answers: others === 0 ? answers : null,
  };
};
