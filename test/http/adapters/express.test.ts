import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { toExpressHandler } from '../../../src/http/adapters/express.ts';
import { AppUnderTest, bodyOf, echo } from './app-under-test.ts';
import { adapterContract } from './contract/contract.ts';
import { listening } from './listening.ts';

/** Express prints what reaches its own error handler, unless it is a test that asks. */
const quiet = (): express.Express => express().set('env', 'test');

const failed: express.ErrorRequestHandler = ({ status }, _req, res, _next) => {
  res.status(status ?? 500).end('failed');
};

const start = async (app: express.Express): Promise<string> => {
  const server = await listening(createServer(app));
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${server.port}`;
};

adapterContract({
  name: 'express',
  collectsBodies: true,
  tellsFailures: false,
  start: (app, options) =>
    listening(createServer(quiet().use(toExpressHandler(app, options), failed))),
});

adapterContract({
  name: 'express with its JSON parser',
  collectsBodies: true,
  tellsFailures: false,
  start: (app, options) => {
    const limit = options.maxBodyBytes;
    return listening(
      createServer(quiet().use(express.json({ limit }), toExpressHandler(app, options), failed)),
    );
  },
});

const POST = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' };

test('a body that was parsed is handed over, and not read again', async () => {
  const app = new AppUnderTest(echo);
  const url = await start(quiet().use(express.json()).use(toExpressHandler(app)));
  expect(await (await fetch(url, POST)).text()).toBe('{"a":1}');
  expect(app.seen[0]?.context.parsedBody).toEqual({ a: 1 });
  expect(app.seen[0]?.request.body).toBeNull();
});

test.each([
  ['POST', { 'content-length': '0' }],
  ['POST', { 'transfer-encoding': 'chunked' }],
  ['DELETE', { 'content-length': '0' }],
])('an empty body that a parser has waited for does not wait again: %s %j', async (method, how) => {
  const app = new AppUnderTest(echo);
  const url = await start(quiet().use(express.json()).use(toExpressHandler(app)));
  const asked = request(url, { method, headers: { 'content-type': 'application/json', ...how } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
  // What the parser makes of nothing is no message of the client's.
  expect(app.seen[0]?.context.parsedBody).toBeUndefined();
});

test('a parser that did not care for the body leaves it to be read', async () => {
  const app = new AppUnderTest(echo);
  // Express 4 puts an empty object at `req.body` of every request it did not parse.
  const asExpress4: express.RequestHandler = (req, _, next) => {
    req.body ??= {};
    next();
  };
  const url = await start(quiet().use(express.json(), asExpress4, toExpressHandler(app)));
  const response = await fetch(url, { method: 'POST', body: 'text' });
  expect(await response.text()).toBe('text');
  expect(app.seen[0]?.context.parsedBody).toBeUndefined();
});

test.each([
  ['text', express.text({ type: '*/*' })],
  ['bytes', express.raw({ type: '*/*' })],
])('a parser that leaves %s leaves the body as it came', async (_, parser) => {
  const app = new AppUnderTest(echo);
  const url = await start(quiet().use(parser, toExpressHandler(app)));
  expect(await (await fetch(url, POST)).text()).toBe('{"a":1}');
  expect(app.seen[0]?.context.parsedBody).toBeUndefined();
});

test('mounted under a path it sees the whole one', async () => {
  const app = new AppUnderTest(() => new Response('ok'));
  const router = express.Router().use('/mcp', toExpressHandler(app));
  const url = await start(quiet().use('/api', router));
  await fetch(`${url}/api/mcp/x?y=z`);
  expect(app.seen[0]?.request.url).toBe(`${url}/api/mcp/x?y=z`);
});

test('req.auth is handed over, and headers that were set before are sent', async () => {
  const app = new AppUnderTest(async (request, context) => {
    await bodyOf(request, context);
    return Response.json(context.authInfo);
  });
  const before: express.RequestHandler = (req, res, next) => {
    Object.assign(req, { auth: { clientId: 'c' } });
    res.setHeader('access-control-allow-origin', '*');
    next();
  };
  const url = await start(quiet().use(before, toExpressHandler(app)));
  const response = await fetch(url, POST);
  expect(await response.json()).toEqual({ clientId: 'c' });
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});

test('what the app rejects with goes to next', async () => {
  const boom = new Error('boom');
  const app = new AppUnderTest(() => Promise.reject(boom));
  const heard: unknown[] = [];
  const onError: express.ErrorRequestHandler = (error, _req, res, _next) => {
    heard.push(error);
    res.status(503).end('sorry');
  };
  const url = await start(quiet().use(toExpressHandler(app), onError));
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([503, 'sorry']);
  expect(heard).toEqual([boom]);
});
