import { expect, test } from 'vitest';
import { mintSessionId } from '../../../src/identity/session-id.ts';
import { LIMITS } from '../../../src/limits.ts';
import { call, endpointUnderTest, INITIALIZE, messagesOf } from './endpoint-under-test.ts';

const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const initialize = JSON.stringify(INITIALIZE);

/** An initialize whose capabilities are nested; around them are three levels. */
const nested = (levels: number): string =>
  initialize.replace(
    '"capabilities":{}',
    `"capabilities":{"experimental":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`,
  );

const nothingBehind = (under: ReturnType<typeof endpointUnderTest>): void => {
  expect(under.runtime.stats().resident).toBe(0);
  expect(under.endpoint.connections).toBe(0);
  expect(under.servers).toHaveLength(0);
  expect(under.events).toEqual([]);
};

test.each([
  ['a body that is no JSON', 400, JSON_HEADERS, '{"jsonrpc":'],
  ['an empty body', 400, JSON_HEADERS, ''],
  ['JSON that is no JSON-RPC', 400, JSON_HEADERS, '{"hello":"world"}'],
  ['an empty batch', 400, JSON_HEADERS, '[]'],
  ['a batch with an initialize', 400, JSON_HEADERS, `[${initialize},${initialize}]`],
  [
    'an initialize without the parameters it needs',
    400,
    JSON_HEADERS,
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}',
  ],
  [
    'an initialize without an id',
    400,
    JSON_HEADERS,
    JSON.stringify({ ...INITIALIZE, id: undefined }),
  ],
  ['a body that is nested too deep', 400, JSON_HEADERS, nested(LIMITS.jsonLevels - 2)],
  ['a body that is nested far too deep', 400, JSON_HEADERS, nested(100_000)],
  ['another Accept', 406, { ...JSON_HEADERS, accept: 'application/json' }, initialize],
  ['another Content-Type', 415, { ...JSON_HEADERS, 'content-type': 'text/plain' }, initialize],
  ['a body of another type', 415, { ...JSON_HEADERS, 'content-type': 'text/plain' }, 'hello'],
  ['a body of 20 MB', 413, JSON_HEADERS, 'x'.repeat(20_000_000)],
  ['a Host that is not ours', 403, { ...JSON_HEADERS, host: 'evil.example' }, initialize],
  [
    'an Origin that is not ours',
    403,
    { ...JSON_HEADERS, origin: 'http://evil.example' },
    initialize,
  ],
  ['no Host at all', 403, { ...JSON_HEADERS, host: '' }, initialize],
])(
  'a POST with %s is answered with %i and leaves nothing behind',
  async (_, status, headers, body) => {
    const under = endpointUnderTest();
    const response = await under.send('POST', headers, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      jsonrpc: '2.0',
      error: { code: expect.any(Number) },
    });
    nothingBehind(under);
  },
);

test('a body as deep as it may be is served', async () => {
  const under = endpointUnderTest();
  const response = await under.send('POST', JSON_HEADERS, nested(LIMITS.jsonLevels - 3));
  expect(response.status).toBe(200);
});

test.each([
  [{ host: 'mcp.example:4100' }, /mcp\.example.*allowedHosts/],
  [{ origin: 'https://page.example' }, /page\.example.*allowedOrigins/],
])('a 403 says what is not listed, and where it would be: %j', async (headers, told) => {
  const under = endpointUnderTest();
  const response = await under.send('POST', { ...JSON_HEADERS, ...headers }, initialize);
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(told) } });
});

test('a name that is listed is served', async () => {
  const under = endpointUnderTest({}, { allowedHosts: ['mcp.example'] });
  const headers = { ...JSON_HEADERS, host: 'mcp.example:443' };
  expect((await under.send('POST', headers, initialize)).status).toBe(200);
});

test('a body of 20 MB that does not say how long it is gets 413 too', async () => {
  const under = endpointUnderTest();
  let chunks = 0;
  const body = new ReadableStream({
    pull(controller) {
      chunks += 1;
      if (chunks > 20) controller.close();
      else controller.enqueue(new Uint8Array(1_000_000));
    },
  });
  const request = new Request('http://localhost/mcp', {
    method: 'POST',
    headers: { host: 'localhost', ...JSON_HEADERS },
    body,
    duplex: 'half',
  } as RequestInit);
  expect((await under.endpoint.fetch(request)).status).toBe(413);
  nothingBehind(under);
});

test.each(['HEAD', 'PUT', 'PATCH', 'OPTIONS'])(
  '%s is answered with 405 and what is allowed',
  async (verb) => {
    const under = endpointUnderTest();
    const response = await under.send(verb, { 'mcp-session-id': mintSessionId() });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST, DELETE');
  },
);

test.each(['GET', 'POST', 'DELETE'])(
  'a %s without a session id is answered with 400',
  async (verb) => {
    const under = endpointUnderTest();
    const body = verb === 'POST' ? JSON.stringify(call(1, 'echo')) : undefined;
    const response = await under.send(verb, { ...JSON_HEADERS }, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32000 } });
  },
);

test.each(['GET', 'POST', 'DELETE'])(
  'a %s with a malformed, an unknown, an ended and an embedded id is answered with 404, byte for byte alike',
  async (verb) => {
    const under = endpointUnderTest();
    const ended = await under.open();
    await under.runtime.terminate(ended);
    const embedded = await under.runtime.create();
    const others = await under.runtime.create({ principal: 'ada' });
    const body = verb === 'POST' ? JSON.stringify(call(1, 'echo', { text: 'x' })) : undefined;
    const answers = [];
    for (const id of ['x', 'ses_', mintSessionId(), ended, embedded.id, others.id]) {
      const response = await under.send(verb, { ...JSON_HEADERS, 'mcp-session-id': id }, body);
      answers.push({
        status: response.status,
        headers: [...response.headers],
        body: await response.text(),
      });
    }
    expect(answers[0]?.status).toBe(404);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ error: { code: -32001 } });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  },
);

test('DELETE ends the session with the reason client; the second one gets 404', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  expect((await under.send('DELETE', { 'mcp-session-id': id })).status).toBe(200);
  expect(under.events.at(-1)).toMatchObject({ type: 'session.ended', id, reason: 'client' });
  expect((await under.send('DELETE', { 'mcp-session-id': id })).status).toBe(404);
  expect(under.endpoint.connections).toBe(0);
});

test('an initialize with a stale id opens a new session', async () => {
  const under = endpointUnderTest();
  const stale = await under.open();
  await under.runtime.terminate(stale);
  for (const id of [stale, mintSessionId(), 'anything']) {
    const response = await under.post(INITIALIZE, id);
    expect(response.status).toBe(200);
    expect(response.headers.get('mcp-session-id')).toMatch(/^ses_/);
    expect(response.headers.get('mcp-session-id')).not.toBe(id);
    expect(await messagesOf(response)).toMatchObject([{ id: 'init', result: {} }]);
  }
});

test('an initialize on a live session is refused, and the session stays', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  expect((await under.post(INITIALIZE, id)).status).toBe(400);
  expect(under.runtime.stats()).toMatchObject({ created: 1, resident: 1 });
  expect((await under.post(call(1, 'echo', { text: 'still here' }), id)).status).toBe(200);
});

test('a revision nobody speaks is refused, also where the client asked for it: another one was agreed on', async () => {
  const under = endpointUnderTest();
  const params = { ...INITIALIZE.params, protocolVersion: '9999-zz' };
  const opened = await under.post({ ...INITIALIZE, params });
  expect(await messagesOf(opened)).toMatchObject([{ result: { protocolVersion: '2025-11-25' } }]);
  const id = opened.headers.get('mcp-session-id') ?? '';
  const as = (version: string) => ({
    ...JSON_HEADERS,
    'mcp-session-id': id,
    'mcp-protocol-version': version,
  });
  const body = JSON.stringify(call(1, 'echo', { text: 'x' }));
  expect((await under.send('POST', as('9999-zz'), body)).status).toBe(400);
  expect((await under.send('GET', as('9999-zz'))).status).toBe(400);
  expect((await under.send('POST', as('2025-11-25'), body)).status).toBe(200);
});

test.each([
  ['2025-11-25', 400],
  ['2025-06-18', 400],
  ['2025-03-26', 200],
  ['2024-11-05', 200],
])('a batch in the revision %s: %i, and what is refused is not done', async (version, status) => {
  const under = endpointUnderTest();
  const id = await under.open();
  const headers = { ...JSON_HEADERS, 'mcp-session-id': id, 'mcp-protocol-version': version };
  for (const batch of [
    [call(1, 'echo', { text: 'x' })],
    [{ jsonrpc: '2.0', id: 2, method: 'ping' }],
  ]) {
    expect((await under.send('POST', headers, JSON.stringify(batch))).status).toBe(status);
  }
  const begun = under.events.filter(
    (event) => event.type === 'session.operation-started' && event.name === 'batch',
  );
  expect(begun).toHaveLength(status === 200 ? 1 : 0);
});

test('what cannot be a protocol version is refused, as the SDK does it', async () => {
  const under = endpointUnderTest();
  const id = await under.open();
  const headers = { ...JSON_HEADERS, 'mcp-session-id': id, 'mcp-protocol-version': '1999-01-01' };
  const body = JSON.stringify(call(1, 'echo', { text: 'x' }));
  expect((await under.send('POST', headers, body)).status).toBe(400);
  expect((await under.send('DELETE', headers)).status).toBe(400);
  expect(under.runtime.stats().resident).toBe(1);
});
