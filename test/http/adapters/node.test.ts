import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import { writtenResponse } from '../../../src/http/written-response.ts';
import { LIMITS } from '../../../src/limits.ts';
import { createVirtualClock } from '../../../src/testing/index.ts';
import { AppUnderTest, deferred, echo, KeptWriter } from './app-under-test.ts';
import { adapterContract } from './contract/contract.ts';
import { listening } from './listening.ts';
import { rawClient } from './raw-client.ts';

adapterContract({
  name: 'node',
  collectsBodies: true,
  tellsFailures: true,
  start: (app, options) => listening(createServer(toNodeHandler(app, options))),
});

const serve = async (app: AppUnderTest, options: Parameters<typeof toNodeHandler>[1] = {}) => {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const server = await listening(createServer(toNodeHandler(app, { onError, ...options })));
  onTestFinished(() => server.close());
  return { errors, url: `http://127.0.0.1:${server.port}`, client: () => rawClient(server.port) };
};

test.each([
  ['a verb that no Web request has', 'TRACE / HTTP/1.1', 'host: localhost', 405],
  ['a Host that is no host', 'GET / HTTP/1.1', 'host: [::1', 400],
  ['a Host with a user', 'GET / HTTP/1.1', 'host: evil@localhost', 400],
  ['a Host with a path', 'GET / HTTP/1.1', 'host: localhost/evil?', 400],
  ['a Host with a port that is none', 'GET / HTTP/1.1', 'host: localhost:99999', 400],
])('%s is refused before the app', async (_, line, host, status) => {
  const app = new AppUnderTest(echo);
  const { client, errors } = await serve(app);
  const asking = await client();
  asking.send(line, host, 'content-length: 2', '', '{}');
  await asking.until(`HTTP/1.1 ${status} `);
  // The rest of it does not disturb what comes after it.
  asking.send('GET /next HTTP/1.1', 'host: localhost', '', '');
  await asking.until('HTTP/1.1 200 ');
  expect(app.seen.map(({ request }) => request.url)).toEqual(['http://localhost/next']);
  expect(errors).toEqual([]);
});

test.each([
  ['GET http://evil.example/path?a=b HTTP/1.1', 'http://localhost:1/path?a=b'],
  ['GET //evil.example/path HTTP/1.1', 'http://localhost:1//evil.example/path'],
  ['OPTIONS * HTTP/1.1', 'http://localhost:1/'],
])('%s is asked of the host in its Host header', async (line, url) => {
  const app = new AppUnderTest(() => new Response('ok'));
  const client = await (await serve(app)).client();
  client.send(line, 'host: localhost:1', '', '');
  await client.until('ok');
  expect(app.seen[0]?.request.url).toBe(url);
});

test('a client that has left before its turn is not waited for', async () => {
  const app = new AppUnderTest(echo);
  const handle = toNodeHandler(app);
  const turn = deferred<Promise<void>>();
  const server = await listening(
    createServer((req, res) => {
      req.on('error', () => undefined);
      // As middleware that takes its time.
      req.on('close', () => turn.resolve(handle(req, res)));
    }),
  );
  onTestFinished(() => server.close());
  const client = await rawClient(server.port);
  client.send('POST / HTTP/1.1', 'host: localhost', 'content-length: 9', '', '{');
  client.socket.end();
  await turn.promise;
  expect(app.seen).toEqual([]);
});

test('a client of HTTP/1.0 may name no host', async () => {
  const app = new AppUnderTest(() => new Response('ok'));
  const client = await (await serve(app)).client();
  client.send('GET / HTTP/1.0', '', '');
  await client.closed();
  expect(app.seen[0]?.request.url).toBe('http://localhost/');
  expect(app.seen[0]?.request.headers.get('host')).toBeNull();
});

test('a client in the middle of a body that is too long reads why', async () => {
  const app = new AppUnderTest(echo);
  const { url, errors } = await serve(app, { maxBodyBytes: 1_000 });
  const response = await fetch(url, { method: 'POST', body: 'x'.repeat(8 * 1024 * 1024) });
  expect(response.status).toBe(413);
  expect(await response.text()).toContain('1000 bytes');
  expect(app.seen).toEqual([]);
  expect(errors).toEqual([]);
});

test('the rest of a body that is too long has its moment, and no more', async () => {
  const clock = createVirtualClock();
  const app = new AppUnderTest(echo);
  const { client, url } = await serve(app, { maxBodyBytes: 10, clock });
  const waiting = await client();
  waiting.send('POST / HTTP/1.1', 'host: localhost', 'content-length: 100', '', 'x');
  await waiting.until('than 10 bytes');
  await clock.advance(LIMITS.unreadBodyMs - 1);
  waiting.send('more of it');
  // A close would have come before the answer to what was asked after it.
  expect(await (await fetch(url)).text()).toBe('');
  expect(waiting.socket.readableEnded).toBe(false);
  await clock.advance(1);
  expect(await waiting.closed()).toContain('413');
});

test('what comes after the length of a body is no part of it', async () => {
  const app = new AppUnderTest(echo);
  const { client } = await serve(app);
  const lying = await client();
  lying.send('POST / HTTP/1.1', 'host: localhost', 'content-length: 2', '', '{}');
  await lying.until('{}');
  lying.send('surplus', '', '');
  expect(await lying.closed()).toContain('400 Bad Request');
  expect(app.seen).toHaveLength(1);
});

test('a client that leaves while its request waits behind another one is told to the app', async () => {
  const first = new KeptWriter('first');
  const app = new AppUnderTest(({ url }) =>
    url.endsWith('/1') ? writtenResponse(first) : writtenResponse(second),
  );
  const second = new KeptWriter('second');
  const client = await (await serve(app)).client();
  client.send('GET /1 HTTP/1.1', 'host: localhost', '', '');
  client.send('GET /2 HTTP/1.1', 'host: localhost', '', '');
  await second.called('begin');
  await first.called('begin');
  expect(second.sink.unreadBytes).toBeGreaterThan(0);
  client.socket.destroy();
  await Promise.all([first.called('gone'), second.called('gone')]);
  expect(second.calls).toEqual(['begin', 'gone']);
});

test('a client that sends a body with its GET is seen to leave', async () => {
  const writer = new KeptWriter('open');
  const client = await (await serve(new AppUnderTest(() => writtenResponse(writer)))).client();
  const body = 'x'.repeat(500_000);
  client.send('GET / HTTP/1.1', 'host: localhost', `content-length: ${body.length}`, '', body);
  await client.until('open');
  client.socket.destroy();
  await writer.called('gone');
});

test('what code in front has found at req.auth is handed on', async () => {
  const app = new AppUnderTest((_, { authInfo }) => Response.json({ authInfo }));
  const handle = toNodeHandler(app);
  const server = await listening(
    createServer((req, res) => void handle(Object.assign(req, { auth: { clientId: 'c' } }), res)),
  );
  onTestFinished(() => server.close());
  const response = await fetch(`http://127.0.0.1:${server.port}`);
  expect(await response.json()).toEqual({ authInfo: { clientId: 'c' } });
});

test('a body that somebody has read and not handed on is said to be so', async () => {
  const errors: unknown[] = [];
  const app = new AppUnderTest(echo);
  const handle = toNodeHandler(app, { onError: (error) => void errors.push(error) });
  const server = await listening(
    createServer((req, res) => void req.resume().on('end', () => void handle(req, res))),
  );
  onTestFinished(() => server.close());
  const response = await fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(500);
  expect(String(errors)).toContain('was read before');
});

test('an answer that fails on its way is heard by onError', async () => {
  const lost = new Error('lost');
  const app = new AppUnderTest(() => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('half')),
      pull: () => new Promise((_, reject) => setImmediate(reject, lost)),
    });
    return new Response(body);
  });
  const { url, errors } = await serve(app);
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  expect(errors).toEqual([lost]);
});

test('a signal that is looked at after the client has left is aborted', async () => {
  const app = new AppUnderTest(() => new Promise<Response>(() => {}));
  const handle = toNodeHandler(app);
  const left = deferred<void>();
  const server = await listening(
    createServer((req, res) => void handle(req, res.once('close', left.resolve))),
  );
  onTestFinished(() => server.close());
  const leaving = await rawClient(server.port);
  leaving.send('GET / HTTP/1.1', 'host: localhost', '', '');
  await app.asked(1);
  leaving.socket.destroy();
  await left.promise;
  expect(app.seen[0]?.request.signal.aborted).toBe(true);
});

test('the signal of a copy is aborted too', async () => {
  const app = new AppUnderTest(() => new Promise<Response>(() => {}));
  const { client } = await serve(app);
  const leaving = await client();
  leaving.send('POST / HTTP/1.1', 'host: localhost', 'content-length: 2', '', 'hi');
  await app.asked(1);
  const request = app.seen[0]?.request;
  const copy = request?.clone();
  expect(await copy?.text()).toBe('hi');
  const aborted = new Promise((resolve) => copy?.signal.addEventListener('abort', resolve));
  leaving.socket.destroy();
  await aborted;
  expect(request?.signal.aborted).toBe(true);
});

test('a limit that is none is refused', () => {
  const app = new AppUnderTest(echo);
  expect(() => toNodeHandler(app, { maxBodyBytes: 0 })).toThrow(InvalidOptionError);
  expect(() => toNodeHandler(app, { maxBodyBytes: Number.NaN })).toThrow(InvalidOptionError);
});
