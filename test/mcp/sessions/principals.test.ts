import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { call, INITIALIZE, messagesOf } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// Two principals on one endpoint: to each of them the sessions of the other are unknown.

const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
const PING = { jsonrpc: '2.0', id: 'p', method: 'ping' };
const CANCEL = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
const ANSWER = { jsonrpc: '2.0', id: 0, result: {} };
const PONG = { jsonrpc: '2.0', id: 'holdfast-ping-1', result: {} };

/** What was asked of the runtime, in order. */
class Lookups {
  readonly seen: string[] = [];

  take(): string[] {
    return this.seen.splice(0);
  }
}

const counted = <T extends object>(target: T, names: readonly string[], into: Lookups): T =>
  new Proxy(target, {
    get: (from, name) => {
      const value: unknown = Reflect.get(from, name, from);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (names.includes(String(name))) into.seen.push(String(name));
        return Reflect.apply(value, from, given);
      };
    },
  });

const createServer = (): McpServer => {
  const server = new McpServer({ name: 'echo', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
};

const underTest = () => {
  const lookups = new Lookups();
  const clock = createVirtualClock({ traced: true });
  const disk = createSimulatedDisk({ clock, syncMs: 0 });
  const deadlines = { idleAfterMs: 10_000, hibernateAfterMs: 5_000, idleTimeoutMs: 3_600_000 };
  const bench = createTestRuntime({ clock, disk, deadlines });
  const { runtime } = bench;
  const endpoint = createMcpSessions({
    runtime: {
      deadlines: runtime.deadlines,
      subscribe: (listener) => runtime.subscribe(listener),
      as: (principal) => counted(runtime.as(principal), ['get', 'create', 'list'], lookups),
    },
    clock,
    answers: 'stream',
    authenticate: (request) => request.headers.get('x-principal'),
    server: createServer,
  });
  const send = (who: string, method: string, id: string | null, body?: unknown, more = {}) =>
    endpoint.fetch(
      new Request('http://localhost/mcp', {
        method,
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'x-principal': who,
          ...(id === null ? {} : { 'mcp-session-id': id }),
          ...more,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const open = async (who: string): Promise<string> => {
    const opened = await send(who, 'POST', null, INITIALIZE);
    const id = opened.headers.get('mcp-session-id') ?? '';
    await send(who, 'POST', id, { jsonrpc: '2.0', method: 'notifications/initialized' });
    return id;
  };
  const close = async (): Promise<void> => {
    await endpoint.close();
    await bench.close();
    await bench.settle();
    bench.expectNoLeaks();
  };
  return { bench, endpoint, lookups, send, open, close };
};

type Under = ReturnType<typeof underTest>;
type Verb = (under: Under, id: string, eventId: string) => Promise<Response>;

const VERBS: Readonly<Record<string, Verb>> = {
  'a request': (under, id) => under.send('eve', 'POST', id, call(1, 'echo', { text: 'x' })),
  'a batch': (under, id) => under.send('eve', 'POST', id, [call(1, 'echo'), NOTICE, ANSWER]),
  'a notification': (under, id) => under.send('eve', 'POST', id, NOTICE),
  'a ping': (under, id) => under.send('eve', 'POST', id, PING),
  'a cancellation': (under, id) => under.send('eve', 'POST', id, CANCEL),
  'an answer': (under, id) => under.send('eve', 'POST', id, ANSWER),
  'an answer to a ping of the endpoint': (under, id) => under.send('eve', 'POST', id, PONG),
  'a GET': (under, id) => under.send('eve', 'GET', id),
  'a GET with an event id': (under, id, eventId) =>
    under.send('eve', 'GET', id, undefined, { 'last-event-id': eventId }),
  'a DELETE': (under, id) => under.send('eve', 'DELETE', id),
  'a request of a revision nobody knows': (under, id) =>
    under.send('eve', 'POST', id, PING, { 'mcp-protocol-version': '1999-01-01' }),
};

const bytesOf = async (response: Response) => ({
  status: response.status,
  headers: [...response.headers],
  body: await response.text(),
});

test.each(Object.entries(VERBS))(
  '%s with the id of somebody else: the bytes of an unknown one, by the same look-ups, whether it is stored or not',
  async (_, verb) => {
    const under = underTest();
    const theirs = await under.open('ada');
    const listening = new Reading(await under.send('ada', 'GET', theirs));
    const made = await under.send('ada', 'POST', theirs, call(1, 'echo', { text: 'secret' }), {
      'mcp-protocol-version': '2025-11-25',
    });
    const stream = new Reading(made);
    const stored = await under.open('ada');
    const ended = await under.open('ada');
    await under.bench.advance(16_000);
    await (await under.bench.runtime.get(theirs)).touch();
    await under.bench.runtime.terminate(ended);
    await under.open('eve');
    const [eventId = ''] = stream.eventIds;
    expect(eventId).not.toBe('');
    under.lookups.take();

    const answers = [];
    for (const id of [mintSessionId(), theirs, stored, ended, 'x', 'ses_']) {
      const answer = await bytesOf(await verb(under, id, eventId));
      answers.push({ ...answer, lookups: under.lookups.take() });
    }
    expect(answers[0]).toMatchObject({ status: 404, lookups: ['get'] });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    // Nothing of it reached the other's session.
    const { residency, state } = (await under.bench.runtime.get(stored)).info();
    expect({ residency, state }).toEqual({ residency: 'stored', state: 'idle' });
    expect(listening.ended).toBe(false);
    expect(under.endpoint.streams).toBe(1);
    await under.close();
  },
);

test('an initialize with the id of somebody else opens a session, by the same look-ups as with an unknown one', async () => {
  const under = underTest();
  const theirs = await under.open('ada');
  const ended = await under.open('ada');
  await under.bench.runtime.terminate(ended);
  under.lookups.take();
  const ids = new Set<string>();
  for (const id of [mintSessionId(), theirs, ended, 'x']) {
    const opened = await under.send('eve', 'POST', id, INITIALIZE);
    expect(opened.status).toBe(200);
    ids.add(opened.headers.get('mcp-session-id') ?? '');
    expect(under.lookups.take()).toEqual(['get', 'create']);
  }
  expect(ids.size).toBe(4);
  expect(ids).not.toContain(theirs);
  expect((await under.bench.runtime.get(theirs)).principal).toBe('ada');
  await under.close();
});

test('an event id of somebody else, on one’s own session, gives nothing of them', async () => {
  const under = underTest();
  const [theirs, mine] = [await under.open('ada'), await under.open('eve')];
  const version = { 'mcp-protocol-version': '2025-11-25' };
  const stream = new Reading(
    await under.send('ada', 'POST', theirs, call(1, 'echo', { text: 'secret' }), version),
  );
  await under.bench.settle();
  expect(stream.text).toContain('secret');
  for (const eventId of stream.eventIds) {
    const got = await under.send('eve', 'GET', mine, undefined, { 'last-event-id': eventId });
    expect(got.status).toBe(204);
  }
  await under.close();
});

test('each principal has its own session, and the server is told whose it is', async () => {
  const under = underTest();
  for (const who of ['ada', 'eve']) {
    const id = await under.open(who);
    expect((await under.bench.runtime.get(id)).principal).toBe(who);
    const told = await under.send(who, 'POST', id, call(1, 'echo', { text: who }));
    expect(JSON.stringify(await messagesOf(told))).toContain(who);
  }
  await under.close();
});
