import Fastify, { type FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { toFastifyHandler } from '../../../src/http/adapters/fastify.ts';
import { AppUnderTest, echo } from './app-under-test.ts';
import { adapterContract } from './contract/contract.ts';
import type { Started } from './contract/serve.ts';

const listening = async (fastify: FastifyInstance): Promise<Started> => {
  const url = await fastify.listen({ host: '127.0.0.1', port: 0 });
  return {
    port: Number(new URL(url).port),
    close: async () => {
      fastify.server.closeAllConnections();
      await fastify.close();
    },
  };
};

const start = async (fastify: FastifyInstance): Promise<string> => {
  const server = await listening(fastify);
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${server.port}`;
};

adapterContract({
  name: 'fastify',
  collectsBodies: true,
  tellsFailures: true,
  start: (app, options) => {
    const fastify = Fastify({ bodyLimit: options.maxBodyBytes });
    fastify.all('*', toFastifyHandler(app, options));
    return listening(fastify);
  },
});

const POST = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":1}' };

test('the body that Fastify has parsed is handed over; text is left as it came', async () => {
  const app = new AppUnderTest(echo);
  const fastify = Fastify();
  fastify.all('/mcp', toFastifyHandler(app));
  const url = `${await start(fastify)}/mcp`;
  expect(await (await fetch(url, POST)).text()).toBe('{"a":1}');
  expect(app.seen[0]?.context.parsedBody).toEqual({ a: 1 });
  expect(await (await fetch(url, { method: 'POST', body: 'text' })).text()).toBe('text');
  expect(app.seen[1]?.context.parsedBody).toBeUndefined();
});

test('request.auth is handed over, and headers that hooks have set are sent', async () => {
  const app = new AppUnderTest((_, { authInfo }) => Response.json(authInfo));
  const fastify = Fastify();
  fastify.addHook('onRequest', async (request, reply) => {
    Object.assign(request, { auth: { clientId: 'c' } });
    reply.header('access-control-allow-origin', '*');
  });
  fastify.all('/mcp', toFastifyHandler(app));
  const response = await fetch(`${await start(fastify)}/mcp`, POST);
  expect(await response.json()).toEqual({ clientId: 'c' });
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});
