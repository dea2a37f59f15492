import { McpServer } from '@modelcontextprotocol/server';
import { expect, test, vi } from 'vitest';
import { call, INITIALIZE, INITIALIZED, stdioUnderTest } from './stdio-under-test.ts';

// What a server says that is no JSON: its client is told, and the connection goes on.

const CIRCLE: Record<string, unknown> = {};
CIRCLE['self'] = CIRCLE;

const createServer = (): McpServer => {
  const server = new McpServer({ name: 'no-json', version: '1.0.0' });
  for (const [name, id] of Object.entries({ bigint: 10n, circle: CIRCLE, fine: 10 })) {
    server.registerTool(name, {}, () => ({ content: [], structuredContent: { id } }));
  }
  return server;
};

test.each(['bigint', 'circle'])('an answer that is no JSON is an error (%s)', async (name) => {
  const { ask, say, stdio, answers, errors } = stdioUnderTest({}, { server: createServer });
  await ask(INITIALIZE);
  say(INITIALIZED);
  expect(await ask(call(1, name))).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32603, message: 'Internal error' },
  });
  await vi.waitFor(() => expect(stdio.session?.operations()).toEqual([]), { interval: 1 });
  expect(errors).toMatchObject([{ name: 'TypeError' }]);
  expect(await ask(call(1, 'fine'))).toMatchObject({ id: 1 });
  expect(answers).toHaveLength(3);
});

test('it is told also where it comes as the session ends', async () => {
  const { ask, say, stdio, answers } = stdioUnderTest({}, { server: createServer });
  await ask(INITIALIZE);
  say(INITIALIZED, call(1, 'bigint'));
  await vi.waitFor(() => expect(answers).toHaveLength(2), { interval: 1 });
  await stdio.session?.terminate('operator');
  await stdio.closed;
  expect(answers).toMatchObject([{ id: 'init' }, { id: 1, error: { code: -32603 } }]);
});
