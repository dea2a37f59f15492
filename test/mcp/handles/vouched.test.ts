import { PassThrough } from 'node:stream';
import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createMcpEndpoint } from '../../../src/mcp/endpoint.ts';
import { principalByContext } from '../../../src/mcp/handles/caller.ts';
import { createRequestState } from '../../../src/mcp/handles/request-state.ts';
import { createMcpSessions, type McpSessions } from '../../../src/mcp/sessions/index.ts';
import { serveMcpStdio } from '../../../src/mcp/stdio/serve-mcp-stdio.ts';
import { modernRequest } from '../modern/dual-endpoint.ts';
import { INITIALIZE, messagesOf } from '../sessions/endpoint-under-test.ts';
import { readAnswers } from '../stdio/stdio-under-test.ts';
import { type CartsUnderTest, cartServer, cartsUnderTest } from './modern-endpoint.ts';

// Whoever an endpoint of this package vouches for, by whatever it knows that, is never taken for an anonymous caller: in
// neither era, over no transport, by handles and request states that were told nothing more.

const STATE = createRequestState<{ step: number }>({ key: 'k'.repeat(32) });

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });

/** The tools of the carts; one that says who calls; one that seals a state, and tells what was sealed in the one it is given. */
const server = ({ carts }: CartsUnderTest): McpServer => {
  const made = cartServer(carts);
  made.registerTool('who', {}, (ctx) => say(String(principalByContext(ctx))));
  const inputSchema = z.object({ state: z.string().optional() });
  const seal = async (state: string | undefined, ctx: ServerContext): Promise<string> => {
    if (state === undefined) return STATE.mint({ step: 1 }, ctx);
    return STATE.verify(state, ctx).then(
      () => 'good',
      () => 'refused',
    );
  };
  made.registerTool('seal', { inputSchema }, async ({ state }, ctx) => say(await seal(state, ctx)));
  return made;
};

/** One caller's way in: calls a tool, and gives what it said. */
type Caller = (name: string, args?: object) => Promise<string>;
/** Lets a principal in, on a connection of its own. */
type Door = (under: CartsUnderTest, principal: string | null) => Promise<Caller>;

interface Said {
  readonly result?: { readonly content?: readonly { readonly text?: string }[] };
}

const textOf = (answer: unknown): string => {
  const text = (answer as Said | undefined)?.result?.content?.[0]?.text;
  if (text === undefined) throw new Error(`no text: ${JSON.stringify(answer)}`);
  return text;
};

/** Nothing but a header says who it is: no adapter hands anything over. */
const authenticate = ({ headers }: Request): string | null => headers.get('authorization');

const asker =
  (endpoint: Pick<McpSessions, 'fetch'>, principal: string | null) =>
  (init: RequestInit): Promise<Response> => {
    const headers = new Headers({ ...(init.headers as Record<string, string>), host: 'localhost' });
    if (principal !== null) headers.set('authorization', principal);
    return endpoint.fetch(new Request('http://localhost/mcp', { ...init, headers }));
  };

const POST = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
};

/** With a session, behind an endpoint. */
const inSession = async (endpoint: McpSessions, principal: string | null): Promise<Caller> => {
  const ask = asker(endpoint, principal);
  const post = (message: object, headers = {}) =>
    ask({ method: 'POST', headers: { ...POST, ...headers }, body: JSON.stringify(message) });
  const id = (await post(INITIALIZE)).headers.get('mcp-session-id') ?? '';
  return async (name, args = {}) => {
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
    const messages = await messagesOf(await post(call, { 'mcp-session-id': id }));
    return textOf(messages.at(-1));
  };
};

const kept = <E extends McpSessions>(endpoint: E): E => {
  onTestFinished(() => endpoint.close());
  return endpoint;
};

const both = (under: CartsUnderTest) => {
  const { runtime, clock } = under;
  return kept(createMcpEndpoint({ runtime, clock, authenticate, server: () => server(under) }));
};

const overStdio =
  (era: 'legacy' | 'modern'): Door =>
  async (under, principal) => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const { runtime, clock } = under;
    const options = { runtime, clock, principal, stdin, stdout };
    const stdio = serveMcpStdio({ ...options, server: () => server(under) });
    onTestFinished(() => stdio.close());
    const { answer } = readAnswers(stdout);
    const write = (message: object) => void stdin.write(`${JSON.stringify(message)}\n`);
    if (era === 'legacy') {
      write(INITIALIZE);
      await answer(INITIALIZE.id);
    }
    let id = 0;
    return async (name, args = {}) => {
      id += 1;
      const params = { name, arguments: args };
      if (era === 'legacy') write({ jsonrpc: '2.0', id, method: 'tools/call', params });
      else {
        const { body } = modernRequest('tools/call', params);
        write({ ...JSON.parse(String(body)), id });
      }
      return textOf(await answer(id));
    };
  };

const DOORS: Readonly<Record<string, Door>> = {
  'createMcpEndpoint, 2026-07-28': async (under, principal) => {
    const ask = asker(both(under), principal);
    return async (name, args = {}) => {
      const response = await ask(modernRequest('tools/call', { name, arguments: args }));
      return textOf((await messagesOf(response)).at(-1));
    };
  },
  'createMcpEndpoint, with a session': (under, principal) => inSession(both(under), principal),
  createMcpSessions: (under, principal) => {
    const { runtime, clock } = under;
    const options = { runtime, clock, authenticate };
    return inSession(
      kept(createMcpSessions({ ...options, server: () => server(under) })),
      principal,
    );
  },
  'createMcpSessions, whose factory gives something around the server': (under, principal) => {
    const { runtime, clock } = under;
    const around = (inner: McpServer) => ({
      connect: (transport: unknown) => inner.connect(transport as never),
      close: () => inner.close(),
    });
    const options = { runtime, clock, authenticate };
    return inSession(
      kept(createMcpSessions({ ...options, server: () => around(server(under)) })),
      principal,
    );
  },
  'serveMcpStdio, 2026-07-28': overStdio('modern'),
  'serveMcpStdio, with a session': overStdio('legacy'),
};

test('a `principal` that names nobody where the endpoint has let somebody in is an error, and opens nothing', async () => {
  for (const named of [null, undefined, '', 7]) {
    const under = cartsUnderTest({ handles: { principal: () => named as null } });
    const state = createRequestState({ key: 'k'.repeat(32), principal: () => named as null });
    const { runtime, clock } = under;
    const endpoint = kept(
      createMcpEndpoint({
        ...{ runtime, clock, authenticate },
        server: () => {
          const made = server(under);
          made.registerTool('mint', {}, async (ctx) => say(await state.mint({}, ctx)));
          return made;
        },
      }),
    );
    const call = async (name: string): Promise<string> => {
      const response = await asker(endpoint, 'ada')(modernRequest('tools/call', { name }));
      return textOf((await messagesOf(response)).at(-1));
    };
    expect(await call('cart_open')).not.toContain('ses_');
    expect(runtime.stats().created).toBe(0);
    expect(under.errors).toMatchObject([{ option: 'what principal returns' }]);
    expect(await call('mint')).toContain('what principal returns');
  }
});

const carts = () => cartsUnderTest({ handles: { principal: undefined as never } });
const idIn = (text: string): string => /ses_[\w-]{32}/.exec(text)?.[0] ?? text;

test.each(Object.entries(DOORS))('%s: a tool knows who calls', async (_, door) => {
  const under = carts();
  for (const principal of ['ada', 'grace', null]) {
    const caller = await door(under, principal);
    expect(await caller('who')).toBe(String(principal));
    const cart = idIn(await caller('cart_open'));
    expect((await under.runtime.get(cart)).principal).toBe(principal);
  }
});

test.each(Object.entries(DOORS))(
  '%s: a handle is its caller’s, by every way in',
  async (_, door) => {
    const under = carts();
    const cart = idIn(await (await door(under, 'ada'))('cart_open'));
    for (const other of Object.values(DOORS)) {
      for (const stranger of ['grace', null]) {
        const caller = await other(under, stranger);
        expect(await caller('cart_add', { cart, item: 'salt' })).toContain('There is no cart');
      }
      const ada = await other(under, 'ada');
      expect(await ada('cart_add', { cart, item: 'tea' })).toMatch(/^tea/);
    }
  },
);

test.each(Object.entries(DOORS))('%s: a request state is its caller’s', async (_, door) => {
  const under = carts();
  const ada = await door(under, 'ada');
  const state = await ada('seal');
  expect(await ada('seal', { state })).toBe('good');
  for (const stranger of ['grace', null]) {
    const caller = await door(under, stranger);
    expect(await caller('seal', { state })).toBe('refused');
    expect(await ada('seal', { state: await caller('seal') })).toBe('refused');
  }
});

test('a factory that gives one server to two callers is an error of the operator’s', async () => {
  const under = carts();
  const errors: unknown[] = [];
  const { runtime, clock } = under;
  const onError = (error: unknown) => errors.push(error);
  const shared = server(under);
  const options = { runtime, clock, authenticate, onError, server: () => shared };
  const endpoint = kept(createMcpEndpoint(options));
  const who = modernRequest('tools/call', { name: 'who' });
  expect(textOf((await messagesOf(await asker(endpoint, 'ada')(who))).at(-1))).toBe('ada');
  expect((await asker(endpoint, 'grace')(who)).status).toBe(500);
  expect(errors).toMatchObject([{ cause: { option: 'server' } }]);
});

test('a request that a second endpoint takes for somebody else’s is refused, and its operator told', async () => {
  const under = carts();
  const errors: unknown[] = [];
  const { runtime, clock } = under;
  const options = { runtime, clock, server: () => server(under) };
  const asAda = kept(createMcpEndpoint({ ...options, authenticate: () => 'ada' }));
  const asNobody = kept(createMcpEndpoint({ ...options, onError: (error) => errors.push(error) }));
  const { headers, ...init } = modernRequest('tools/call', { name: 'who' });
  const request = new Request('http://localhost/mcp', {
    ...init,
    headers: { ...(headers as Record<string, string>), host: 'localhost' },
  });
  const context = { parsedBody: JSON.parse(String(init.body)) };
  expect((await asAda.fetch(request, context)).status).toBe(200);
  expect((await asAda.fetch(request, context)).status).toBe(200);
  expect((await asNobody.fetch(request, context)).status).toBe(500);
  expect(String(errors[0])).toMatch(/a new Request each time/);
});
