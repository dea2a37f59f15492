import { Agent, createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { toHonoHandler } from '../../../src/http/adapters/hono.ts';
import { toNodeHandler } from '../../../src/http/adapters/node.ts';
import type { Fetchable } from '../../../src/http/fetch.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { createServer as createMcpServer } from '../modern/plain-server.ts';
import { INITIALIZE } from './endpoint-under-test.ts';

// What is left of a body that was refused is still on its way: nothing else may be asked on that connection.

const ADAPTERS: Readonly<Record<string, (app: Fetchable) => RequestListener>> = {
  hono: (app) => {
    const hono = new Hono();
    hono.all('*', toHonoHandler(app));
    // It would put its own Request and Response in the place of those of this process.
    return getRequestListener(hono.fetch, { overrideGlobalObjects: false });
  },
  node: (app) => toNodeHandler(app),
};

const listening = async (adapter: (app: Fetchable) => RequestListener): Promise<number> => {
  const runtime = createRuntime();
  const endpoint = createMcpSessions({ runtime, server: createMcpServer });
  const server = createServer(adapter(endpoint));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await endpoint.close();
    await runtime.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
};

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
}

const post = (port: number, agent: Agent, body: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const asked = request({ port, host: '127.0.0.1', method: 'POST', agent, headers }, (answer) => {
      const { statusCode, headers: told } = answer;
      answer.resume().on('end', () => resolve({ status: statusCode, connection: told.connection }));
    });
    asked.on('error', reject);
    asked.end(body);
  });

test.each(Object.keys(ADAPTERS))(
  'behind %s, whoever sent too much is told so, and is answered when it asks again',
  async (name) => {
    const port = await listening(ADAPTERS[name] ?? toNodeHandler);
    // One connection, kept where the server lets it.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let n = 0; n < 4; n += 1) {
      const refused = await post(port, agent, 'x'.repeat(5_000_000));
      expect(refused).toEqual({ status: 413, connection: 'close' });
      expect(await post(port, agent, JSON.stringify(INITIALIZE))).toMatchObject({ status: 200 });
    }
  },
);

test.each(Object.keys(ADAPTERS))('also with fetch, behind %s', async (name) => {
  const url = `http://127.0.0.1:${await listening(ADAPTERS[name] ?? toNodeHandler)}/mcp`;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const ask = async (body: string): Promise<number> => {
    const answer = await fetch(url, { method: 'POST', headers, body });
    await answer.text();
    return answer.status;
  };
  for (let n = 0; n < 4; n += 1) {
    expect(await ask('x'.repeat(5_000_000))).toBe(413);
    expect(await ask(JSON.stringify(INITIALIZE))).toBe(200);
  }
});
