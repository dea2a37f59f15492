import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { LIMITS } from '../../../src/limits.ts';
import { call, type EndpointUnderTest, endpointUnderTest, STREAM } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

const TALK = z.object({ times: z.number(), characters: z.number() });

/** A tool that tells a lot, and lets others in now and then, as one that works does. */
const createTalker = (): McpServer => {
  const server = new McpServer(
    { name: 'talker', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  server.registerTool('talk', { inputSchema: TALK }, async ({ times, characters }, { mcpReq }) => {
    const message = 'x'.repeat(characters);
    for (let progress = 1; progress <= times; progress += 1) {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: 1, progress, message },
      });
    }
    return { content: [{ type: 'text', text: 'the answer' }] };
  });
  return server;
};

const talker = (): EndpointUnderTest & { readonly made: McpServer[] } => {
  const made: McpServer[] = [];
  const server = (): McpServer => {
    const talking = createTalker();
    made.push(talking);
    return talking;
  };
  return { ...endpointUnderTest({}, { server }), made };
};

const eventsIn = (text: string): number => text.split('event: message').length - 1;

test.each([
  ['long', 500, 100_000],
  ['short', 5_000, 1],
])(
  'of %s messages that nobody reads only so many are kept, and the answer',
  async (_, times, characters) => {
    const under = talker();
    const id = await under.open();
    const unread = await under.post(call(1, 'talk', { times, characters }), id);
    await under.clock.settle();
    const session = await under.runtime.get(id);
    expect(session.info()).toMatchObject({ inFlight: 0 });
    const text = await unread.text();
    expect(text.length).toBeLessThan(LIMITS.streamBytes + 2 * characters + 1_000);
    expect(eventsIn(text)).toBeLessThanOrEqual(LIMITS.streamEvents + 2);
    expect(text).toContain('the answer');
  },
);

test('a client that reads gets everything', async () => {
  const under = talker();
  const id = await under.open();
  const response = await under.post(call(1, 'talk', { times: 200, characters: 1_000 }), id);
  expect(eventsIn(await response.text())).toBe(201);
});

test('an answer longer than the bound arrives', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const response = await under.post(call(1, 'hold'), id);
  under.held[0]?.answer('x'.repeat(3 * LIMITS.streamBytes));
  await under.clock.settle();
  expect((await response.text()).length).toBeGreaterThan(3 * LIMITS.streamBytes);
});

test('a GET stream that nobody reads is closed; the session stays and takes another', async () => {
  const under = talker();
  const id = await under.open();
  const stream = { accept: 'text/event-stream', 'mcp-session-id': id };
  const unread = await under.send('GET', stream);
  const session = await under.runtime.get(id);
  for (let n = 0; n < LIMITS.streamEvents; n += 1) {
    await under.made[0]?.server.sendLoggingMessage({ level: 'info', data: n });
  }
  await under.clock.settle();
  expect(session.info().presences).toBe(1);
  await under.made[0]?.server.sendLoggingMessage({ level: 'info', data: 'one too many' });
  await under.clock.settle();
  expect(session.info()).toMatchObject({ presences: 0, state: 'active' });
  const text = await unread.text();
  expect(eventsIn(text)).toBe(LIMITS.streamEvents);
  expect(text).not.toContain('one too many');

  // What it missed is there for a client that comes again.
  const last = /^id: (.+)$/gm;
  const lastEventId = [...text.matchAll(last)].at(-1)?.[1] ?? '';
  const next = new Reading(await under.send('GET', { ...stream, 'last-event-id': lastEventId }));
  await under.clock.settle();
  expect(next.messages).toMatchObject([{ params: { data: 'one too many' } }]);
});
