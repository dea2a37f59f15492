import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
} from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMessage, methodNameOf } from '../../../src/mcp/sessions/json-rpc.ts';

/** Whether both SDKs take it: what one of them does not take it never answers. */
const bothTake = (value: unknown): boolean =>
  JSONRPCMessageSchema.safeParse(value).success &&
  (isJSONRPCRequest(value) || isJSONRPCNotification(value) || isJSONRPCResponse(value));

/** Mostly what it should be. */
const mostly = (good: fc.Arbitrary<unknown>, bad: fc.Arbitrary<unknown> = fc.jsonValue()) =>
  fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: bad });

const id = mostly(fc.oneof(fc.integer(), fc.string()), fc.oneof(fc.constant(null), fc.double()));
const task = mostly(fc.record({ taskId: mostly(fc.string()) }));
const meta = fc.record(
  { progressToken: id, 'io.modelcontextprotocol/related-task': task },
  { requiredKeys: [] },
);
const params = mostly(fc.record({ _meta: mostly(meta), name: fc.string() }, { requiredKeys: [] }));
const error = mostly(fc.record({ code: mostly(fc.integer(), fc.double()), message: fc.string() }));
const jsonrpc = mostly(fc.constant('2.0'), fc.constant('1.0'));
const fields = { jsonrpc, id };
const message = fc.oneof(
  fc.record({ ...fields, method: mostly(fc.string()), params }, { requiredKeys: ['jsonrpc'] }),
  fc.record({ ...fields, result: params }, { requiredKeys: ['jsonrpc'] }),
  fc.record({ ...fields, error, extra: fc.constant(1) }, { requiredKeys: ['jsonrpc'] }),
);

test('what is taken for a message is one to both SDKs, so that none waits for an answer in vain', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(message, fc.jsonValue()), (value) => {
      const sent: unknown = JSON.parse(JSON.stringify(value));
      if (!isMessage(sent)) return;
      taken += 1;
      expect(bothTake(sent)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(50);
});

test.each([
  { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: { _meta: { progressToken: 1 } } },
  { jsonrpc: '2.0', method: 'notifications/initialized', params: {} },
  { jsonrpc: '2.0', id: 1, result: { anything: [1] } },
  { jsonrpc: '2.0', id: 1, error: { code: -32603, message: 'no', data: { why: 'x' } } },
])('what both SDKs send is one: %j', (sent) => {
  expect(isMessage(sent)).toBe(true);
  expect(bothTake(sent)).toBe(true);
});

test.each([
  null,
  [],
  'x',
  {},
  { jsonrpc: '2.0' },
  { jsonrpc: '1.0', id: 1, method: 'x' },
  { jsonrpc: '2.0', id: null, method: 'x' },
  { jsonrpc: '2.0', id: 1.5, method: 'x' },
  { jsonrpc: '2.0', id: 1, method: 'x', more: 1 },
  { jsonrpc: '2.0', id: 1, method: 'x', params: [] },
  { jsonrpc: '2.0', id: 1, method: 'x', params: { _meta: 1 } },
  { jsonrpc: '2.0', id: 1, result: 1 },
  { jsonrpc: '2.0', result: {} },
  { jsonrpc: '2.0', id: 1, error: { code: 'x', message: 'no' } },
])('what is none is refused: %j', (sent) => {
  expect(isMessage(sent)).toBe(false);
});

test.each([
  ['tools/call', 'tools/call'],
  ['notifications/$x.y-z_1', 'notifications/$x.y-z_1'],
  ['x'.repeat(64), 'x'.repeat(64)],
  ['x'.repeat(65), 'other'],
  ['', 'other'],
  ['two words', 'other'],
  ['line\nbreak', 'other'],
])('the method %j is shown as %j', (method, shown) => {
  expect(methodNameOf(method)).toBe(shown);
});
