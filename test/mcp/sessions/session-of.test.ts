import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { SessionNotFoundError } from '../../../src/errors.ts';
import { sessionOf } from '../../../src/mcp/session-of.ts';
import { durableEndpoint } from './durable-endpoint.ts';
import { call, messagesOf } from './endpoint-under-test.ts';

const server = (): McpServer => {
  const made = new McpServer({ name: 'counting', version: '1.0.0' });
  made.registerTool('count', {}, async (ctx) => {
    const session = sessionOf(ctx);
    const { count } = (await session.update((data) => ({
      count: ((data as { count?: number } | null)?.count ?? 0) + 1,
    }))) as { count: number };
    return { content: [{ type: 'text', text: `${session.id} ${count}` }] };
  });
  return made;
};

test('a tool has its session, before and after that was put away', async () => {
  const under = durableEndpoint({ server });
  const [id, other] = [await under.open(), await under.open()];
  const count = async (of: string) =>
    JSON.stringify(await messagesOf(await under.post(call(1, 'count'), of)));
  expect(await count(id)).toContain(`${id} 1`);
  expect(await count(other)).toContain(`${other} 1`);
  await under.rest(id);
  expect(() => sessionOf({ sessionId: id })).toThrow(/put away/);
  expect(await count(id)).toContain(`${id} 2`);
  expect(sessionOf({ sessionId: id }).id).toBe(id);
  await under.runtime.terminate(id);
  expect(() => sessionOf({ sessionId: id })).toThrow(SessionNotFoundError);
});

test('without a session it says why, and what to use instead', () => {
  expect(() => sessionOf({})).toThrow(/without sessions.*createHandles/);
  expect(() => sessionOf({})).toThrow(SessionNotFoundError);
  expect(() => sessionOf({ sessionId: 'of another transport' })).toThrow(/none of Holdfast/);
});
