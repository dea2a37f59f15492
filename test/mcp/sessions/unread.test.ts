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
    // It goes at its client's pace, for a moment.
    expect(session.info()).toMatchObject({ inFlight: 1 });
    await under.clock.advance(LIMITS.unreadPatienceMs + 2 * LIMITS.streamTickMs);
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
  const response = await under.post(call(1, 'talk', { times: 5_000, characters: 1_000 }), id);
  expect(eventsIn(await response.text())).toBe(5_001);
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
  const waiting = under.made[0]?.server.sendLoggingMessage({ level: 'info', data: 'too many' });
  await under.clock.advance(LIMITS.unreadPatienceMs / 2);
  expect(session.info().presences).toBe(1);
  await under.clock.advance(LIMITS.unreadPatienceMs);
  await waiting;
  expect(session.info()).toMatchObject({ presences: 0, state: 'active' });
  const text = await unread.text();
  expect(eventsIn(text)).toBe(LIMITS.streamEvents);
  expect(text).not.toContain('too many');

  // What it missed is there for a client that comes again.
  const last = /^id: (.+)$/gm;
  const lastEventId = [...text.matchAll(last)].at(-1)?.[1] ?? '';
  const next = new Reading(await under.send('GET', { ...stream, 'last-event-id': lastEventId }));
  await under.clock.settle();
  expect(next.messages).toMatchObject([{ params: { data: 'too many' } }]);
});

/** A session whose client has an open stream that is full. */
const full = async () => {
  const under = talker();
  const id = await under.open();
  const response = await under.send('GET', { accept: 'text/event-stream', 'mcp-session-id': id });
  const reader = response.body?.getReader();
  await reader?.read();
  const log = (data: unknown) => under.made[0]?.server.sendLoggingMessage({ level: 'info', data });
  for (let n = 0; n < LIMITS.unreadEvents; n += 1) await log(n);
  const texts: string[] = [];
  /** Reads so many times. */
  const read = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) {
      const one = await reader?.read();
      texts.push(new TextDecoder().decode(one?.value));
    }
  };
  const session = await under.runtime.get(id);
  return { under, id, log, read, texts, session };
};

test('a GET stream that is full goes on as its client reads, in order', async () => {
  const { under, log, read, texts } = await full();
  const waiting = [log('a'), log('b')];
  under.made[0]?.server.ping().catch(() => undefined);
  await under.clock.settle();
  await read(LIMITS.unreadEvents + 3);
  await Promise.all(waiting);
  expect(texts.slice(-3).join('')).toMatch(/"data":"a".*"data":"b".*"method":"ping"/s);
  expect(under.endpoint.streams).toBe(1);
});

test('a client that opens another stream while something waits for it has it there', async () => {
  const { under, id, log, session } = await full();
  const waiting = log('waited');
  const next = new Reading(
    await under.send('GET', { accept: 'text/event-stream', 'mcp-session-id': id }),
  );
  await waiting;
  await under.clock.settle();
  expect(next.messages).toMatchObject([{ params: { data: 'waited' } }]);
  expect(session.info().presences).toBe(1);
});

test('a GET stream that is full at the moment it is looked at is not closed, one that is stuck is', async () => {
  const { under, log, read, session } = await full();
  for (let look = 0; look < 4; look += 1) {
    await under.clock.advance(LIMITS.keepAliveMs / 2);
    expect(session.info().presences, `${look}`).toBe(1);
    await read(1);
    await log('more');
  }
  await under.clock.advance(LIMITS.keepAliveMs);
  expect(session.info().presences).toBe(0);
});

test('a server that says more than may wait has the stream closed, and the newest is kept', async () => {
  const { under, log, session } = await full();
  const text = 'x'.repeat(LIMITS.streamBytes / 2);
  const waiting = Array.from({ length: 40 }, () => log(text));
  await under.clock.settle();
  await Promise.all(waiting);
  expect(session.info().presences).toBe(0);
});
