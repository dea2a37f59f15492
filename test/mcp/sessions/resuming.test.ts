import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { createLoggingServer, type DurableEndpoint, durableEndpoint } from './durable-endpoint.ts';
import { call, messagesOf, STREAM } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// Last-Event-ID, across the time a session is not in memory.

const VERSION = { 'mcp-protocol-version': '2025-11-25' };

const resume = (under: DurableEndpoint, id: string, lastEventId?: string): Promise<Response> =>
  under.endpoint.fetch(
    new Request('http://localhost/mcp', {
      headers: {
        host: 'localhost',
        accept: 'text/event-stream',
        'mcp-session-id': id,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        ...VERSION,
      },
    }),
  );

const awayBy = {
  rest: (under: DurableEndpoint, id: string) => under.rest(id),
  drain: (under: DurableEndpoint, _id: string) => under.restart(),
} as const;

test.each(['rest', 'drain'] as const)(
  'after a %s a client has the answer it missed, without waking the session',
  async (how) => {
    const under = durableEndpoint(STREAM);
    const id = await under.open();
    const slow = call(1, 'count_slowly', { to: 2, everyMs: 1_000 });
    const stream = new Reading(await under.post(slow, id, VERSION));
    await under.bench.settle();
    const [mark = ''] = stream.eventIds;
    await stream.leave();
    await under.bench.advance(4_000);
    await awayBy[how](under, id);
    for (let n = 0; n < 2; n += 1) {
      // It may get lost again: it stays there.
      const [missed, ...more] = await messagesOf(await resume(under, id, mark));
      expect(missed).toMatchObject({ id: 1, result: {} });
      expect(more).toEqual([]);
    }
    expect(under.runtime.stats().woken).toBe(0);
    expect(await under.residency(id)).toBe('stored');
    expect(under.endpoint.connections).toBe(0);
  },
);

test.each(['rest', 'drain'] as const)(
  'after a %s a client has what the server said unasked while it was not listening, once',
  async (how) => {
    const under = durableEndpoint({ server: createLoggingServer });
    const id = await under.open();
    const first = new Reading(await under.get(id));
    const say = (data: string) =>
      under.made.at(-1)?.server.sendLoggingMessage({ level: 'info', data });
    await say('heard');
    await under.bench.settle();
    await first.leave();
    await say('missed');
    await awayBy[how](under, id);
    const again = new Reading(await resume(under, id, first.eventIds.at(-1) ?? ''));
    await under.bench.settle();
    expect(again.messages).toMatchObject([{ params: { data: 'missed' } }]);
    // It goes on from there, also after the wake.
    await messagesOf(await under.post(call(1, 'log'), id));
    await say('later');
    await under.bench.settle();
    expect(again.messages).toMatchObject([
      { params: { data: 'missed' } },
      { params: { data: 'later' } },
    ]);
    expect(new Set(again.eventIds).size).toBe(again.eventIds.length);
  },
);

/** A session that said two things before its process was gone, and says two others in the next. */
const crashed = async () => {
  const under = durableEndpoint({ server: createLoggingServer });
  const id = await under.open();
  const first = new Reading(await resume(under, id));
  for (const data of ['a', 'b']) {
    await under.made[0]?.server.sendLoggingMessage({ level: 'info', data });
  }
  await under.bench.settle();
  under.crash();
  await messagesOf(await under.post(call(1, 'log'), id));
  for (const data of ['c', 'd']) {
    await under.made[1]?.server.sendLoggingMessage({ level: 'info', data });
  }
  return { under, id, told: first.eventIds };
};

test('after a crash the id of a message is as good as none, and means nothing else', async () => {
  const { under, id, told } = await crashed();
  expect(told).toHaveLength(3);
  for (const eventId of told.slice(1)) {
    const again = new Reading(await resume(under, id, eventId));
    await under.bench.settle();
    expect(again.messages).toEqual([]);
    expect(again.ended).toBe(false);
  }
});

test('after a crash a client that had nothing before it has all that was said since', async () => {
  const { under, id, told } = await crashed();
  const again = new Reading(await resume(under, id, told[0] ?? ''));
  await under.bench.settle();
  expect(again.messages).toMatchObject([{ params: { data: 'c' } }, { params: { data: 'd' } }]);
  expect(again.ended).toBe(false);
});

test('a session that is put away again and again keeps what was kept, and no more', async () => {
  const under = durableEndpoint(STREAM);
  const id = await under.open();
  const stream = new Reading(await under.post(call(1, 'note_list'), id, VERSION));
  await under.bench.settle();
  const [mark = ''] = stream.eventIds;
  for (let n = 0; n < 3; n += 1) {
    await under.rest(id);
    await (await under.runtime.get(id)).touch();
  }
  expect(await messagesOf(await resume(under, id, mark))).toMatchObject([{ id: 1 }]);
});

test('a server that was being made all along, while its session was put away and woken, loses nothing at the next time', async () => {
  let slow = false;
  let proceed: () => void = () => undefined;
  const under = durableEndpoint({
    ...STREAM,
    server: async () => {
      const server = new McpServer({ name: 'slow', version: '1.0.0' });
      server.registerTool('tell', {}, () => ({ content: [{ type: 'text', text: 'told' }] }));
      if (slow) await new Promise<void>((resolve) => (proceed = resolve));
      return server;
    },
  });
  const id = await under.openStored();
  const open = new Reading(await under.get(id));
  slow = true;
  // Its server is made because its stream is open. Nobody asks it anything, so it rests meanwhile, and is woken again.
  await (await under.runtime.get(id)).touch();
  await under.rest(id);
  await (await under.runtime.get(id)).touch();
  proceed();
  await under.bench.settle();
  const stream = new Reading(await under.post(call(1, 'tell'), id, VERSION));
  await under.bench.settle();
  expect(under.made).toHaveLength(2);
  await under.rest(id);
  const [mark = ''] = stream.eventIds;
  expect(await messagesOf(await resume(under, id, mark))).toMatchObject([{ id: 1, result: {} }]);
  expect(open.ended).toBe(false);
});

test('more calls than a session keeps ended streams of close their connections: each client has its answer', async () => {
  let go: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    go = resolve;
  });
  const under = durableEndpoint({
    server: () => {
      const server = new McpServer({ name: 'cutting', version: '1.0.0' });
      server.registerTool('cut', {}, async ({ http }) => {
        http?.closeSSE?.();
        await all;
        return { content: [{ type: 'text', text: 'after the cut' }] };
      });
      return server;
    },
  });
  const id = await under.open();
  const marks: string[] = [];
  for (let n = 0; n < LIMITS.concurrentOperations; n += 1) {
    const stream = new Reading(await under.post(call(n, 'cut'), id, VERSION));
    await under.bench.settle();
    marks.push(stream.eventIds[0] ?? '');
  }
  const early = await resume(under, id, marks[0]);
  expect(early.status).toBe(200);
  go();
  await under.bench.settle();
  for (const [n, mark] of marks.entries()) {
    const response = n === 0 ? early : await resume(under, id, mark);
    expect(await messagesOf(response)).toMatchObject([{ id: n, result: {} }]);
  }
});
