import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import {
  call,
  type EndpointUnderTest,
  endpointUnderTest,
  messagesOf,
  STREAM,
} from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// How a POST is answered: as JSON where the answer is quick and nothing comes before it, else as a stream.

const AUTO = { answers: 'auto' } as const;
const type = (response: Response): string | null => response.headers.get('content-type');

/** A server whose tool says something and then waits for the test. */
const talker = (): EndpointUnderTest & { finish: () => void } => {
  const talking = { finish: (): void => undefined };
  const server = (): McpServer => {
    const made = new McpServer({ name: 'talker', version: '1.0.0' });
    made.registerTool('talk', {}, async ({ mcpReq, http }) => {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1 },
      });
      http?.closeSSE?.();
      await new Promise<void>((resolve) => {
        talking.finish = resolve;
      });
      return { content: [{ type: 'text', text: 'done' }] };
    });
    return made;
  };
  return Object.assign(endpointUnderTest({}, { ...AUTO, server }), talking, {
    finish: () => talking.finish(),
  });
};

const postAs = (under: EndpointUnderTest, id: string, version: string, body: unknown) =>
  under.send(
    'POST',
    {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
      'mcp-protocol-version': version,
    },
    JSON.stringify(body),
  );

test('a quick answer is JSON, with the id of its session', async () => {
  const under = endpointUnderTest({}, AUTO);
  const id = await under.open();
  const response = await under.post(call(1, 'echo', { text: 'x' }), id);
  expect([response.status, type(response)]).toEqual([200, 'application/json']);
  expect(response.headers.get('mcp-session-id')).toBe(id);
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 1, result: {} });
});

test('the quick answers of a batch are a batch, also of one', async () => {
  const under = endpointUnderTest({}, AUTO);
  const id = await under.open();
  const both = await under.post([call(1, 'echo', { text: 'a' }), call(2, 'echo')], id);
  expect(type(both)).toBe('application/json');
  const answers = (await both.json()) as { id: number }[];
  expect(answers.map((answer) => answer.id).sort()).toEqual([1, 2]);
  expect(await (await under.post([call(3, 'echo')], id)).json()).toMatchObject([{ id: 3 }]);
});

test('an answer that takes longer than a second comes as a stream, and that is there after a second', async () => {
  const under = endpointUnderTest({}, AUTO);
  const id = await under.open();
  let answered: Response | null = null;
  const asked = under.post(call(1, 'hold'), id).then((response) => {
    answered = response;
    return response;
  });
  await under.clock.advance(LIMITS.streamAfterMs - 1);
  expect(answered).toBeNull();
  await under.clock.advance(LIMITS.streamTickMs + 1);
  const response = await asked;
  expect(type(response)).toBe('text/event-stream');
  under.held[0]?.answer('at last');
  expect(await messagesOf(response)).toMatchObject([{ id: 1, result: {} }]);
});

test('what is said before the answer makes it a stream at once', async () => {
  const under = talker();
  const id = await under.open();
  const response = await postAs(under, id, '2025-06-18', call(1, 'talk'));
  expect(type(response)).toBe('text/event-stream');
  const stream = new Reading(response);
  await under.clock.settle();
  expect(stream.messages).toMatchObject([{ method: 'notifications/progress' }]);
  under.finish();
  await under.clock.settle();
  expect(stream).toMatchObject({ ended: true, messages: [{}, { id: 1, result: {} }] });
  // A client of that revision cannot read an event without data: it is sent none.
  expect(stream.text.startsWith('event: message\n')).toBe(true);
});

test('a tool may close the connection, and its client has the rest by coming again (SEP-1699)', async () => {
  const under = talker();
  const id = await under.open();
  const first = new Reading(await postAs(under, id, '2025-11-25', call(1, 'talk')));
  await under.clock.settle();
  expect(first.ended).toBe(true);
  expect(first.text).toMatch(/^id: \S+\ndata: \n\n/);
  expect(first.text).toContain(`retry: ${LIMITS.retryAfterMs}`);
  expect((await under.runtime.get(id)).info().inFlight).toBe(1);

  const lastEventId = first.eventIds.at(-1) ?? '';
  const headers = { accept: 'text/event-stream', 'mcp-session-id': id };
  const rest = new Reading(await under.send('GET', { ...headers, 'last-event-id': lastEventId }));
  under.finish();
  await under.clock.settle();
  expect(rest).toMatchObject({ ended: true, messages: [{ id: 1, result: {} }] });
  expect(under.endpoint.streams).toBe(0);
});

test('a client that leaves its stream has its answer by coming again', async () => {
  const under = endpointUnderTest({}, STREAM);
  const id = await under.open();
  const first = new Reading(await postAs(under, id, '2025-11-25', call(1, 'hold')));
  await under.clock.settle();
  const [lastEventId = ''] = first.eventIds;
  await first.leave();
  under.held[0]?.answer('while nobody listens');
  await under.clock.settle();
  expect((await under.runtime.get(id)).info().inFlight).toBe(0);
  const again = await under.send('GET', {
    accept: 'text/event-stream',
    'mcp-session-id': id,
    'last-event-id': lastEventId,
  });
  expect(await messagesOf(again)).toMatchObject([
    { id: 1, result: { content: [{ text: 'while nobody listens' }] } },
  ]);
});

test('two clients are told apart by their event ids: neither hears of the other', async () => {
  const under = endpointUnderTest({}, STREAM);
  const [mine, theirs] = [await under.open(), await under.open()];
  const stream = new Reading(await postAs(under, theirs, '2025-11-25', call(1, 'hold')));
  await under.clock.settle();
  under.held[0]?.answer('a secret');
  await under.clock.settle();
  expect(stream.text).toContain('a secret');
  for (const lastEventId of [...stream.eventIds, 'x', 'AAAA_1']) {
    const headers = { accept: 'text/event-stream', 'mcp-session-id': mine };
    const response = await under.send('GET', { ...headers, 'last-event-id': lastEventId });
    if (response.body === null) continue;
    const reading = new Reading(response);
    await under.clock.settle();
    expect(reading.messages).toEqual([]);
    await reading.leave();
  }
});

test.each(['x', 1, null])('answers: %j is refused at the door', (answers) => {
  expect(() => endpointUnderTest({}, { answers: answers as 'auto' })).toThrow(/answers/);
});
