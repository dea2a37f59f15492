import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inboundOf } from '../../../src/mcp/sessions/inbound.ts';
import { INITIALIZE } from './endpoint-under-test.ts';

const request = (id: unknown, method: unknown = 'tools/list') => ({ jsonrpc: '2.0', id, method });

test('requests are what an answer is due to; notifications and answers are not', () => {
  const inbound = inboundOf([
    request(1),
    request('two', 'ping'),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 9, result: {} },
    { jsonrpc: '2.0', id: 10, error: { code: 1, message: 'no' } },
  ]);
  expect(inbound?.requests).toEqual([
    { id: 1, method: 'tools/list' },
    { id: 'two', method: 'ping' },
  ]);
  expect(inbound).toMatchObject({ batch: true, ping: false, initialize: null, cancelled: [] });
});

test('only an initialize the SDK would take opens a session', () => {
  expect(inboundOf(INITIALIZE)?.initialize).toEqual(INITIALIZE.params);
  expect(inboundOf({ ...INITIALIZE, params: {} })?.initialize).toBeNull();
  const { id: _id, ...withoutId } = INITIALIZE;
  expect(inboundOf(withoutId)?.initialize).toBeNull();
});

test('a POST is a ping when nothing else is in it', () => {
  expect(inboundOf(request(1, 'ping'))?.ping).toBe(true);
  expect(inboundOf([request(1, 'ping'), request(2, 'ping')])?.ping).toBe(true);
  expect(inboundOf([request(1, 'ping'), request(2)])?.ping).toBe(false);
  expect(inboundOf({ jsonrpc: '2.0', method: 'ping' })?.ping).toBe(false);
});

test('cancellations are heard, malformed ones are not', () => {
  const cancelled = (params: unknown) =>
    inboundOf({ jsonrpc: '2.0', method: 'notifications/cancelled', params })?.cancelled;
  expect(cancelled({ requestId: 7 })).toEqual([7]);
  expect(cancelled({ requestId: 'seven' })).toEqual(['seven']);
  for (const params of [undefined, {}, { requestId: null }, { requestId: {} }]) {
    expect(cancelled(params)).toEqual([]);
  }
  for (const params of [null, []]) expect(cancelled(params)).toBeUndefined();
});

test('whatever JSON comes: no throw, and a name that is shown has no way to forge a line', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue(),
        fc.record({ jsonrpc: fc.constant('2.0'), id: fc.jsonValue(), method: fc.jsonValue() }),
        fc.array(
          fc.record({
            jsonrpc: fc.constant('2.0'),
            id: fc.oneof(fc.integer(), fc.string()),
            method: fc.string({ unit: 'binary', maxLength: 100 }),
          }),
        ),
      ),
      (body) => {
        for (const { id, method } of inboundOf(body)?.requests ?? []) {
          expect(['string', 'number']).toContain(typeof id);
          expect(method).toMatch(/^[\w./$-]{1,64}$/);
        }
      },
    ),
  );
});
