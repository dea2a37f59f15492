import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { expect, onTestFinished, test, vi } from 'vitest';
import { toHonoHandler } from '../../../src/http/adapters/hono.ts';
import { writtenResponse } from '../../../src/http/written-response.ts';
import { AppUnderTest, echo, KeptWriter } from './app-under-test.ts';
import { adapterContract } from './contract/contract.ts';
import { listening } from './listening.ts';

adapterContract({
  name: 'hono on node',
  collectsBodies: false,
  tellsFailures: false,
  start: (app) => {
    // It prints what the stream of an answer fails with.
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    const hono = new Hono().onError((_, c) => c.text('failed', 500));
    hono.all('*', toHonoHandler(app));
    // It would put its own Request and Response in the place of those of this process.
    return listening(
      createServer(getRequestListener(hono.fetch, { overrideGlobalObjects: false })),
    );
  },
});

const POST = { method: 'POST', body: '{"a":1}' };

test('on a runtime of the Web: its request goes in, and the answer comes out', async () => {
  const app = new AppUnderTest(echo);
  const hono = new Hono();
  hono.all('/mcp', toHonoHandler(app));
  const request = new Request('http://localhost/mcp', POST);
  const response = await hono.fetch(request);
  expect(await response.text()).toBe('{"a":1}');
  expect(app.seen[0]?.request).toBe(request);
});

test('a written body is an ordinary stream to it', async () => {
  const writer = new KeptWriter('data: 1\n\n');
  const hono = new Hono();
  hono.all('/mcp', toHonoHandler(new AppUnderTest(() => writtenResponse(writer))));
  const reader = (await hono.request('/mcp')).body?.getReader();
  expect((await reader?.read())?.value).toEqual(new TextEncoder().encode('data: 1\n\n'));
  await reader?.cancel();
  expect(writer.calls).toEqual(['begin', 'gone']);
});

test('CORS middleware in front answers preflights, and tells pages what they may read', async () => {
  const app = new AppUnderTest(echo);
  const hono = new Hono();
  const origin = 'https://page.example';
  const options = { origin, allowHeaders: ['Mcp-Session-Id'], exposeHeaders: ['Mcp-Session-Id'] };
  hono.use('/mcp', cors(options));
  hono.all('/mcp', toHonoHandler(app));
  const asked = { origin, 'access-control-request-method': 'DELETE' };
  const preflight = await hono.request('/mcp', { method: 'OPTIONS', headers: asked });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
  expect(preflight.headers.get('access-control-allow-headers')).toBe('Mcp-Session-Id');
  expect(app.seen).toEqual([]);
  const response = await hono.request('/mcp', { ...POST, headers: { origin } });
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  expect(response.headers.get('access-control-expose-headers')).toBe('Mcp-Session-Id');
});

test('a body that middleware has read is handed on', async () => {
  const app = new AppUnderTest(echo);
  const hono = new Hono();
  hono.use(async (c, next) => {
    await c.req.json();
    await next();
  });
  hono.all('/mcp', toHonoHandler(app));
  expect(await (await hono.request('/mcp', POST)).text()).toBe('{"a":1}');
  expect(app.seen[0]?.request.method).toBe('POST');
});

test('what was set as auth is handed over', async () => {
  const app = new AppUnderTest((_, { authInfo }) => Response.json(authInfo));
  const hono = new Hono<{ Variables: { auth: { clientId: string } } }>();
  hono.use(async (c, next) => {
    c.set('auth', { clientId: 'c' });
    await next();
  });
  hono.all('/mcp', toHonoHandler(app));
  expect(await (await hono.request('/mcp')).json()).toEqual({ clientId: 'c' });
});

test("what the app rejects with is hono's to answer", async () => {
  const app = new AppUnderTest(() => Promise.reject(new Error('boom')));
  const hono = new Hono().onError((error, c) => c.text(error.message, 503));
  hono.all('/mcp', toHonoHandler(app));
  const response = await hono.request('/mcp');
  expect([response.status, await response.text()]).toEqual([503, 'boom']);
});
