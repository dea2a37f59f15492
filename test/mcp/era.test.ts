import {
  CLIENT_CAPABILITIES_META_KEY,
  isLegacyRequest,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLegacy } from '../../src/mcp/era.ts';

const version = fc.constantFrom(
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
  '2099-01-01',
);
const meta = fc.record(
  {
    [PROTOCOL_VERSION_META_KEY]: fc.oneof(version, fc.constant(1)),
    [CLIENT_CAPABILITIES_META_KEY]: fc.constant({}),
    progressToken: fc.nat(),
  },
  { requiredKeys: [] },
);
const params = fc.record(
  { _meta: meta, protocolVersion: version, name: fc.string() },
  { requiredKeys: [] },
);
const method = fc.constantFrom(
  'initialize',
  'ping',
  'tools/call',
  'server/discover',
  'notifications/initialized',
);
const message = fc.oneof(
  fc.record(
    { jsonrpc: fc.constant('2.0' as const), id: fc.nat(), method, params },
    { requiredKeys: ['jsonrpc', 'method'] },
  ),
  fc.record({ jsonrpc: fc.constant('2.0' as const), id: fc.nat(), result: fc.constant({}) }),
);
const body = fc.oneof(message, fc.array(message), fc.constant(null), fc.constant('text'));
const headers = fc.record(
  { 'mcp-protocol-version': version, 'mcp-method': method },
  { requiredKeys: [] },
);

test('it says what the SDK says, whatever comes', async () => {
  await fc.assert(
    fc.asyncProperty(body, headers, async (sent, given) => {
      const init = { method: 'POST', headers: { ...given, 'content-type': 'application/json' } };
      const request = new Request('http://localhost/mcp', init);
      expect(await isLegacy(request, sent)).toBe(await isLegacyRequest(request, sent));
    }),
    { numRuns: 1_000 },
  );
});

test('a request without a body is for a session', async () => {
  for (const method of ['GET', 'DELETE', 'POST']) {
    expect(await isLegacy(new Request('http://localhost/mcp', { method }), undefined)).toBe(true);
  }
});
