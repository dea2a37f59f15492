import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listen } from '../../../src/http/adapters/listen.ts';

test('a free port is picked and told; afterwards it is free again', async () => {
  const first = await listen({
    port: 0,
    handle: async (_, response) => void response.end('hello'),
  });
  expect(first).toMatchObject({ host: '127.0.0.1', url: `http://127.0.0.1:${first.port}` });
  expect(await (await fetch(first.url)).text()).toBe('hello');
  await Promise.all([first.close(), first.close()]);
  const second = await listen({ port: first.port, handle: async () => {} });
  await second.close();
});

test('a port in use is told by the code of the system', async () => {
  const first = await listen({ port: 0, handle: async () => {} });
  await expect(listen({ port: first.port, handle: async () => {} })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  await first.close();
});

test('closing does not wait for a client that stays', async () => {
  const server = await listen({
    port: 0,
    handle: async (_, response) => void response.writeHead(200).write('for ever'),
  });
  const response = await fetch(server.url);
  const idle = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => idle.once('connect', resolve));
  await server.close();
  await expect(response.text()).rejects.toThrow();
  idle.destroy();
});

test('a request that cannot be handled cuts its connection and no other', async () => {
  const server = await listen({
    port: 0,
    handle: async ({ url }, response) => {
      if (url === '/bad') throw new Error('no');
      response.end('good');
    },
  });
  await expect(fetch(`${server.url}/bad`)).rejects.toThrow();
  expect(await (await fetch(server.url)).text()).toBe('good');
  await server.close();
});
