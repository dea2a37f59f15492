import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { acceptedContent, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createMcpEndpoint } from '../../../src/mcp/endpoint.ts';
import { createHandles } from '../../../src/mcp/handles/handles.ts';
import { createRequestState } from '../../../src/mcp/handles/request-state.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';

// A tool that asks the user is written once, and asks in both eras.

const AGREED = z.object({ yes: z.boolean() });
const URL_OF_IT = new URL('http://localhost/mcp');

const asking = () => {
  const runtime = createRuntime();
  const carts = createHandles({ runtime, name: 'cart', describe: 'a cart' });
  const endpoint = createMcpEndpoint({
    runtime,
    authenticate: () => 'ada',
    server: ({ principal }) => {
      const state = createRequestState<{ total: number }>({
        key: 'k'.repeat(32),
        principal: () => principal,
      });
      const server = new McpServer(
        { name: 'shop', version: '1.0.0' },
        { requestState: { verify: state.verify } },
      );
      carts.registerTool(server, 'cart_buy', {}, async (_session, _input, ctx) => {
        const asked = state.read(ctx);
        if (asked !== undefined) {
          const answer = acceptedContent(ctx.mcpReq.inputResponses, 'pay', AGREED);
          const text = answer?.yes === true ? `Paid ${asked.total}.` : 'Nothing was paid.';
          return { content: [{ type: 'text', text }] };
        }
        const question = { message: 'Pay 42?', requestedSchema: AGREED };
        return inputRequired({
          inputRequests: { pay: inputRequired.elicit(question) },
          requestState: await state.mint({ total: 42 }, ctx),
        });
      });
      return server;
    },
  });
  onTestFinished(async () => {
    await endpoint.close();
    await runtime.close();
  });
  const fetch: typeof globalThis.fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('host', 'localhost');
    return endpoint.fetch(new Request(String(input), { ...init, headers }));
  };
  return { carts, fetch };
};

const INFO = { name: 'shopper', version: '1.0.0' };
const CAPABILITIES = { capabilities: { elicitation: { form: {} } } };
const ANSWER = { action: 'accept', content: { yes: true } } as const;

test.each(['legacy', 'auto', { pin: '2026-07-28' }] as const)('SDK 2.x, %s', async (mode) => {
  const { carts, fetch } = asking();
  const client = new Client(INFO, { versionNegotiation: { mode }, ...CAPABILITIES });
  const questions: string[] = [];
  client.setRequestHandler('elicitation/create', ({ params }) => {
    questions.push(params.message);
    return ANSWER;
  });
  await client.connect(new StreamableHTTPClientTransport(URL_OF_IT, { fetch }));
  onTestFinished(() => client.close());
  const { id: cart } = await carts.open('ada', {});
  const { content } = await client.callTool({ name: 'cart_buy', arguments: { cart } });
  expect(content).toEqual([{ type: 'text', text: 'Paid 42.' }]);
  expect(questions).toEqual(['Pay 42?']);
});

test('SDK 1.x', async () => {
  const { carts, fetch } = asking();
  const client = new ClientV1(INFO, CAPABILITIES);
  const questions: string[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    questions.push(params.message);
    return ANSWER;
  });
  const transport = new TransportV1(URL_OF_IT, { fetch });
  // Its own type says `sessionId?: string`, its transport gives `string | undefined`.
  await client.connect(transport as Parameters<ClientV1['connect']>[0]);
  onTestFinished(() => client.close());
  const { id: cart } = await carts.open('ada', {});
  const { content } = await client.callTool({ name: 'cart_buy', arguments: { cart } });
  expect(content).toEqual([{ type: 'text', text: 'Paid 42.' }]);
  expect(questions).toEqual(['Pay 42?']);
});
