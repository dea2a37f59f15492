import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { createGate, type GateOptions } from '../../src/mcp/gate.ts';

// What stands before both legs: Host, Origin, who asks, the body.

const request = (init: RequestInit = {}, headers: Record<string, string> = {}): Request =>
  new Request('http://localhost/mcp', {
    ...init,
    headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
  });
const post = (body = '{}', headers = {}): Request => request({ method: 'POST', body }, headers);

const underTest = (options: GateOptions = {}) => {
  const errors: unknown[] = [];
  const gate = createGate({ onError: (error) => errors.push(error), ...options });
  return { gate, errors };
};

const statusOf = (admitted: object): number | null =>
  admitted instanceof Response ? admitted.status : null;

test('without anything else everybody is anonymous, and the body is there as JSON', async () => {
  const { gate } = underTest();
  expect(await gate(post('{"a":[1]}'))).toEqual({
    principal: null,
    authInfo: undefined,
    body: { a: [1] },
  });
  expect(await gate(request())).toEqual({ principal: null, authInfo: undefined, body: undefined });
});

test('the principal is who authenticate says, by the request and what the framework found', async () => {
  const { gate } = underTest({
    authenticate: async (asked, authInfo) =>
      `${asked.headers.get('x-user')}:${(authInfo as { realm: string }).realm}`,
  });
  const authInfo = { realm: 'north' };
  expect(await gate(post('1', { 'x-user': 'ada' }), { authInfo })).toEqual({
    principal: 'ada:north',
    authInfo,
    body: 1,
  });
});

test('a Response of authenticate is sent as it is, and no body is read before', async () => {
  const unauthorized = new Response('who?', { status: 401 });
  const { gate } = underTest({ authenticate: () => unauthorized });
  // The same one each time, as a constant of the application is.
  for (const time of [1, 2]) {
    const asked = post('no JSON');
    const sent = (await gate(asked)) as Response;
    expect([time, sent.status, await sent.text()]).toEqual([time, 401, 'who?']);
    expect(asked.bodyUsed).toBe(false);
  }
});

test('whose Host or Origin is not listed is asked nothing else', async () => {
  let asked = 0;
  const { gate } = underTest({
    authenticate: () => {
      asked += 1;
      return null;
    },
  });
  for (const headers of [{ host: 'evil.example' }, { origin: 'http://evil.example' }]) {
    expect(statusOf(await gate(post('{}', headers)))).toBe(403);
  }
  expect(asked).toBe(0);
});

test('authInfo without authenticate: 500, and the operator is told what is missing', async () => {
  const { gate, errors } = underTest();
  expect(statusOf(await gate(post(), { authInfo: { token: 't' } }))).toBe(500);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toBeInstanceOf(InvalidOptionError);
  expect(String(errors[0])).toMatch(/authenticate.*authInfo/);
});

test.each([undefined, '', 7, {}, new String('ada'), 'x'.repeat(257), 'ada\ud800'])(
  'authenticate returns %j, which names nobody: 500',
  async (named) => {
    const { gate, errors } = underTest({ authenticate: () => named as string });
    expect(statusOf(await gate(post()))).toBe(500);
    expect(errors[0]).toBeInstanceOf(InvalidOptionError);
    expect(errors[0]).toMatchObject({ option: 'what authenticate returns' });
  },
);

test('authenticate that throws: 500, and the client is not told why', async () => {
  const { gate, errors } = underTest({
    authenticate: () => {
      throw new Error('the key server is down');
    },
  });
  const refused = (await gate(post())) as Response;
  expect(refused.status).toBe(500);
  expect(await refused.text()).not.toContain('key server');
  expect(errors).toMatchObject([{ message: 'the key server is down' }]);
});

test('an onError that throws costs nobody an answer', async () => {
  const { gate } = underTest({
    authenticate: () => '',
    onError: () => {
      throw new Error('the log is full');
    },
  });
  expect(statusOf(await gate(post()))).toBe(500);
});

test('a body that a parser has taken is not read again, and looked over all the same', async () => {
  const { gate } = underTest();
  const taken = post('');
  expect(await gate(taken, { parsedBody: { jsonrpc: '2.0' } })).toMatchObject({
    body: { jsonrpc: '2.0' },
  });
  expect(taken.bodyUsed).toBe(false);
  let deep: unknown = 1;
  for (let level = 0; level < 200; level += 1) deep = [deep];
  expect(statusOf(await gate(post(''), { parsedBody: deep }))).toBe(400);
});

test.each([
  ['{"a":', 400],
  ['', 400],
  [`"${'x'.repeat(200)}"`, 413],
])('a body that is none: %j', async (body, status) => {
  const { gate } = underTest({ maxBodyBytes: 100 });
  expect(statusOf(await gate(post(body)))).toBe(status);
});

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;x=y'])(
  '%s is JSON',
  async (type) => {
    const { gate } = underTest();
    expect(statusOf(await gate(post('{}', { 'content-type': type })))).toBeNull();
  },
);

test.each([
  '',
  'text/plain',
  'application/jsonp',
  'text/application/json',
  'text/x; application/json',
])('%j is none', async (type) => {
  const { gate } = underTest();
  expect(statusOf(await gate(post('{}', { 'content-type': type })))).toBe(415);
});

test('a body that breaks off: 500, and the operator is told', async () => {
  const { gate, errors } = underTest();
  const body = new ReadableStream({
    start(controller) {
      controller.error(new Error('cut'));
    },
  });
  const asked = request({ method: 'POST', body, duplex: 'half' } as RequestInit);
  expect(statusOf(await gate(asked))).toBe(500);
  expect(errors).toMatchObject([{ message: 'cut' }]);
});
