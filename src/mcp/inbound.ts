import { type InitializeRequest, isInitializeRequest } from '@modelcontextprotocol/server';
import type { RequestId } from './answers.ts';

/** A request in a body. */
export interface InboundRequest {
  readonly id: RequestId;
  /** Safe to be shown: what is no plain method name is called `other`. */
  readonly method: string;
}

/** What a POST holds, as far as its session is concerned. */
export interface Inbound {
  /** The body as JSON. */
  readonly body: unknown;
  readonly batch: boolean;
  /** What an answer is due to. */
  readonly requests: readonly InboundRequest[];
  /** Requests the client no longer wants answered. */
  readonly cancelled: readonly RequestId[];
  /** Set when it opens a session. */
  readonly initialize: InitializeRequest | null;
  /** Every message is a `ping`: proof of life, and nothing more. */
  readonly ping: boolean;
}

const METHOD_NAME = /^[\w./$-]{1,64}$/;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is RequestId =>
  typeof value === 'string' || typeof value === 'number';

const isMessage = (value: unknown): value is Record<string, unknown> =>
  isObject(value) &&
  value['jsonrpc'] === '2.0' &&
  (typeof value['method'] === 'string' || 'result' in value || 'error' in value);

const requestOf = (message: Record<string, unknown>): InboundRequest | null => {
  const { id, method } = message;
  if (!isId(id) || typeof method !== 'string') return null;
  return { id, method: METHOD_NAME.test(method) ? method : 'other' };
};

const cancelledOf = (message: Record<string, unknown>): RequestId | null => {
  if (message['method'] !== 'notifications/cancelled' || 'id' in message) return null;
  const id = isObject(message['params']) ? message['params']['requestId'] : null;
  return isId(id) ? id : null;
};

/** The SDK lets an initialize without an id pass, would open a session for it, and tell nobody its id. */
const isOpening = (
  message: Record<string, unknown>,
): message is InitializeRequest & typeof message =>
  isId(message['id']) && isInitializeRequest(message);

/** Whether arrays and objects are inside each other for more than `levels`. Stops there, so it is safe itself. */
export const nestsDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return items.some((item) => nestsDeeper(item, levels - 1));
};

const isPresent = <T>(value: T | null): value is T => value !== null;

/**
 * Looks a body over, only as far as the session needs it; the SDK's transport validates the rest.
 * `null`: it is no JSON-RPC.
 */
export const inboundOf = (body: unknown): Inbound | null => {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (messages.length === 0 || !messages.every(isMessage)) return null;
  return {
    body,
    batch: Array.isArray(body),
    requests: messages.map(requestOf).filter(isPresent),
    cancelled: messages.map(cancelledOf).filter(isPresent),
    initialize: messages.find(isOpening) ?? null,
    ping: messages.every((message) => message['method'] === 'ping' && isId(message['id'])),
  };
};
