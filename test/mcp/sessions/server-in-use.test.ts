import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import { endpointUnderTest, INITIALIZE, messagesOf } from './endpoint-under-test.ts';

// A factory that gives the same server to more than one session.

const shared = (): { server: McpServer; closed: number[] } => {
  const closed: number[] = [];
  const server = new McpServer({ name: 'shared', version: '1.0.0' });
  server.registerTool('hi', {}, () => ({ content: [{ type: 'text', text: 'hi' }] }));
  server.server.onclose = () => closed.push(1);
  return { server, closed };
};

const HI = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hi' } };

test('the second session of a server is refused, and the first one stays', async () => {
  const { server, closed } = shared();
  const under = endpointUnderTest({}, { server: () => server });
  const first = await under.open();
  const refused = await under.post(INITIALIZE);
  expect(refused.status).toBe(500);
  expect(await refused.text()).not.toContain('server of another');
  expect(under.errors).toHaveLength(1);
  const { cause } = under.errors[0] as Error;
  expect(cause).toBeInstanceOf(InvalidOptionError);
  expect(cause).toMatchObject({ option: 'server' });
  await under.clock.settle();
  expect(closed).toEqual([]);
  expect(await messagesOf(await under.post(HI, first))).toMatchObject([{ id: 1, result: {} }]);
  expect(under.runtime.stats().resident).toBe(1);
  expect(under.endpoint.connections).toBe(1);
});

test('one after the other it may serve them', async () => {
  const { server } = shared();
  const under = endpointUnderTest({}, { server: () => server });
  for (let n = 0; n < 2; n += 1) {
    const id = await under.open();
    expect(await messagesOf(await under.post(HI, id))).toMatchObject([{ id: 1, result: {} }]);
    await under.send('DELETE', { 'mcp-session-id': id });
    await under.clock.settle();
  }
  expect(under.errors).toEqual([]);
});
