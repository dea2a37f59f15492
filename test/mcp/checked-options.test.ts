import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { createMcpEndpoint } from '../../src/mcp/endpoint.ts';
import { createMcpSessions } from '../../src/mcp/sessions/index.ts';
import { serveMcpStdio } from '../../src/mcp/stdio/serve-mcp-stdio.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { createServer } from './modern/plain-server.ts';

// A misspelt `authenticate` would let everybody in, and nobody would hear of it.

const runtime = createRuntime({ clock: createVirtualClock() });
afterAll(() => runtime.close());

const GIVEN = { runtime, server: createServer };

type Call = (options: never) => unknown;

const CALLS = { createMcpEndpoint, createMcpSessions, serveMcpStdio } as Readonly<
  Record<string, Call>
>;
const OVER_HTTP = ['createMcpEndpoint', 'createMcpSessions'];
const ALL = Object.keys(CALLS);

const refusalOf = (call: string, options: unknown): string => {
  try {
    // What untyped callers can do.
    CALLS[call]?.(options as never);
  } catch (error) {
    if (error instanceof InvalidOptionError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const NO_RUNTIME = 'a runtime, as createRuntime makes it';
const FACTORY = 'a function that makes a server, a new one each time';

const wrong: readonly (readonly [string, readonly string[], object, string])[] = [
  [
    'a misspelt authenticate',
    OVER_HTTP,
    { authentcate: () => null },
    '(did you mean authenticate?)',
  ],
  ['a misspelt principal', ['serveMcpStdio'], { principle: 'a' }, '(did you mean principal?)'],
  ['another typo', ALL, { requestTimeout: 5 }, '(did you mean requestTimeoutMs?)'],
  [
    'authenticate of a wrong kind',
    OVER_HTTP,
    { authenticate: 'x' },
    'a function that says who asks',
  ],
  ['authenticate that is not there after all', OVER_HTTP, { authenticate: undefined }, 'left out'],
  ['no bus', ['createMcpEndpoint'], { bus: {} }, 'with publish and subscribe'],
  ['a bus where there is none', ['createMcpSessions'], { bus: {} }, 'the options of createMcpSess'],
  ['no factory', ALL, { server: undefined }, FACTORY],
  ['a server instead of a factory', ALL, { server: createServer({ era: 'legacy' }) }, FACTORY],
  ['no runtime', ALL, { runtime: undefined }, NO_RUNTIME],
  ['null for a runtime', ALL, { runtime: null }, NO_RUNTIME],
  ['something else for a runtime', ALL, { runtime: {} }, NO_RUNTIME],
  ['a runtime of one caller', ALL, { runtime: runtime.as('ada') }, NO_RUNTIME],
  [
    'a promise of a runtime',
    ALL,
    { runtime: Promise.resolve(runtime) },
    'no promise of one: await it',
  ],
  ['one name instead of several', OVER_HTTP, { allowedHosts: 'a' }, 'an array of'],
  ['one origin instead of several', OVER_HTTP, { allowedOrigins: 'a' }, 'an array of'],
  ['a wildcard', OVER_HTTP, { allowedHosts: ['*'] }, 'a wildcard matches nothing'],
  ['onError of a wrong kind', ALL, { onError: console }, 'a function'],
  ['no clock', ALL, { clock: Date }, 'a clock, such as systemClock()'],
  ['no length', OVER_HTTP, { maxBodyBytes: '4mb' }, 'a whole number'],
  ['a nobody that was to be somebody', ['serveMcpStdio'], { principal: undefined }, 'left out'],
  ['no name', ['serveMcpStdio'], { principal: 7 }, 'a text of 1 to'],
  ['no stream to read', ['serveMcpStdio'], { stdin: 'in' }, 'a stream to read from'],
  ['no stream to write', ['serveMcpStdio'], { stdout: {} }, 'a stream to write to'],
];

test.each(wrong)('%s is refused, with words', (_, calls, options, words) => {
  for (const call of calls) {
    const told = refusalOf(call, { ...GIVEN, ...options });
    expect(told, call).toContain(', but must be ');
    expect(told, call).toContain(words);
  }
});

test.each([undefined, null, 'options', []])('options cannot be %j', (options) => {
  for (const call of ALL) {
    expect(refusalOf(call, options)).toMatch(`the options of ${call} is`);
  }
});

test('what is left out and what is undefined are one, where that lets nobody else in', async () => {
  const left = { requestTimeoutMs: undefined, onError: undefined, clock: undefined };
  const http = { ...GIVEN, ...left, allowedHosts: undefined, maxBodyBytes: undefined };
  for (const call of OVER_HTTP) {
    const endpoint = CALLS[call]?.(http as never) as { close(): Promise<void> };
    await endpoint.close();
  }
  const pipes = { stdin: new PassThrough(), stdout: new PassThrough() };
  const stdio = CALLS['serveMcpStdio']?.({ ...GIVEN, ...left, ...pipes, key: undefined } as never);
  await (stdio as { close(): Promise<void> }).close();
});
