import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { createMcpEndpoint, type McpEndpointOptions } from '../../src/mcp/endpoint.ts';
import { createMcpSessions } from '../../src/mcp/sessions/index.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { modernRequest } from './modern/dual-endpoint.ts';
import { INITIALIZE } from './sessions/endpoint-under-test.ts';

// A factory that makes no server is the operator's mistake, and the operator is told which.

const legacy = {
  method: 'POST',
  headers: {
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  },
  body: JSON.stringify(INITIALIZE),
};
const modern = modernRequest('tools/list', {}, { host: 'localhost' });

type Factory = McpEndpointOptions['server'];

/** What an operator hears, and the client gets. */
const asked = async (
  create: typeof createMcpEndpoint | typeof createMcpSessions,
  init: RequestInit,
  server: () => unknown,
) => {
  const errors: unknown[] = [];
  const runtime = createRuntime();
  const onError = (error: unknown) => void errors.push(error);
  // What untyped callers can do.
  const endpoint = create({ runtime, server: server as Factory, onError });
  onTestFinished(async () => {
    await endpoint.close();
    await runtime.close();
  });
  const response = await endpoint.fetch(new Request('http://localhost/mcp', init));
  return { errors, status: response.status, text: await response.text(), stats: runtime.stats() };
};

const WAYS = [
  ['createMcpSessions', createMcpSessions, legacy],
  ['createMcpEndpoint, a session', createMcpEndpoint, legacy],
  ['createMcpEndpoint, no session', createMcpEndpoint, modern],
] as const;

const NONE: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a string', 'server'],
  ['a function', () => new McpServer({ name: 'late', version: '1.0.0' })],
  ['an object without connect and close', { server: {} }],
];

for (const [name, create, init] of WAYS) {
  test.each(NONE)(`${name}: a factory that returns %s`, async (kind, made) => {
    for (const factory of [() => made, async () => made]) {
      const { status, errors, text, stats } = await asked(create, init, factory);
      expect(errors.map(String)).toEqual([
        'TypeError: server must return a server (an McpServer or a Server of the SDK), ' +
          `but it returned ${kind}`,
      ]);
      expect(status).toBe(500);
      expect(text).not.toContain('server must');
      expect(stats.resident).toBe(0);
    }
  });

  test(`${name}: an option that the factory gets wrong is no mistake of the client`, async () => {
    const { status, errors, text } = await asked(create, init, () => {
      throw new InvalidOptionError('secret', 'x', 'none');
    });
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
    expect(errors).toHaveLength(1);
    const [error] = errors as [Error];
    expect([error, error.cause]).toContainEqual(expect.any(InvalidOptionError));
  });
}
