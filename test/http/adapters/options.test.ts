import { McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import {
  toExpressHandler,
  toFastifyHandler,
  toHonoHandler,
  toNodeHandler,
} from '../../../src/http/adapters/index.ts';

// What every adapter refuses as it is made, because a request would be too late.

type Adapter = (app: never, ...options: never[]) => unknown;

const ON_NODE = { toExpressHandler, toFastifyHandler, toNodeHandler } as Readonly<
  Record<string, Adapter>
>;
const ALL: Readonly<Record<string, Adapter>> = { ...ON_NODE, toHonoHandler };

const APP = { fetch: async () => new Response() };

const refusalOf = (adapter: Adapter | undefined, ...given: unknown[]): string => {
  try {
    // What untyped callers can do.
    adapter?.(...(given as [never]));
  } catch (error) {
    if (error instanceof InvalidOptionError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
};

test.each([
  ['nothing', undefined],
  ['null', null],
  ['an McpServer', new McpServer({ name: 'plain', version: '1.0.0' })],
  ['a promise of an app', Promise.resolve(APP)],
  ['what only has the name', { fetch: 'get' }],
])('%s is no app', (_, app) => {
  for (const adapter of Object.values(ALL)) {
    expect(refusalOf(adapter, app)).toMatch(
      /^the app is .*, but must be an object with fetch, such as an endpoint of createMcpEndpoint/,
    );
  }
});

test.each([
  [{ maxBody: 1 }, '(did you mean maxBodyBytes?)'],
  [{ maxBodyBytes: '4mb' }, 'a whole number'],
  [{ onError: 'print' }, 'a function'],
  [{ clock: {} }, 'a clock'],
  [null, 'an object'],
  [7, 'an object'],
])('%j are no options', (options, words) => {
  for (const adapter of Object.values(ON_NODE)) {
    expect(refusalOf(adapter, APP, options)).toContain(words);
  }
});

test('options that are undefined are none, as where they are handed on', () => {
  for (const adapter of Object.values(ALL)) {
    expect(adapter(APP as never, undefined as never)).toBeTypeOf('function');
  }
});

test('the one without options says so', () => {
  expect(refusalOf(ALL['toHonoHandler'], APP, { maxBodyBytes: 1 })).toContain('it has none');
});

test('an app may be a function, or of a class', () => {
  class App {
    async fetch(): Promise<Response> {
      return new Response();
    }
  }
  for (const adapter of Object.values(ALL)) {
    for (const app of [new App(), Object.assign(() => undefined, APP)]) {
      expect(adapter(app as never)).toBeTypeOf('function');
    }
  }
});
