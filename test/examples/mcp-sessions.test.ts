import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { CompiledExamples, temporaryFolder } from './example-process.ts';

const examples = new CompiledExamples();
afterAll(() => examples.remove());

const connected = async (url: URL, mode: 'legacy' | { pin: '2026-07-28' }) => {
  const client = new Client({ name: 'tester', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(url));
  onTestFinished(() => client.close());
  return async (name: string, args: Record<string, unknown> = {}) =>
    client.callTool({ name, arguments: args });
};

test('clients of both eras have their lists, and go on with them after a kill and a restart', async () => {
  const DATA = temporaryFolder();
  const first = examples.start('mcp-sessions/main.js', { DATA });
  const url = await first.url();
  const [legacy, modern] = [
    await connected(url, 'legacy'),
    await connected(url, { pin: '2026-07-28' }),
  ];
  expect(await legacy('add', { item: 'tea' })).toMatchObject({
    content: [{ text: 'On the list: tea' }],
  });
  const { structuredContent } = await modern('list_open');
  const { list } = structuredContent as { list: string };
  expect(await modern('add', { list, item: 'milk' })).toMatchObject({
    content: [{ text: 'On the list: milk' }],
  });
  await first.stop('SIGKILL');

  const second = examples.start('mcp-sessions/main.js', { DATA, PORT: url.port });
  await second.url();
  expect(await legacy('add', { item: 'sugar' })).toMatchObject({
    content: [{ text: 'On the list: tea, sugar' }],
  });
  expect(await modern('add', { list, item: 'salt' })).toMatchObject({
    content: [{ text: 'On the list: milk, salt' }],
  });
  await modern('list_close', { list });
  expect(await second.line()).toBe(`${list} has ended: client`);
  expect(await second.stop('SIGTERM')).toBe(0);
  expect(await second.line()).toBe('Put away until the next start: 1');
  expect(second.errors).toBe('');
});
