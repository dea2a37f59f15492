import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { createHandles } from '../../../src/mcp/handles/handles.ts';
import { createRequestState } from '../../../src/mcp/handles/request-state.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';

// What is misspelt, or of the wrong kind, is refused where it is given, in words.

const parts = () => {
  const runtime = createRuntime();
  onTestFinished(() => runtime.close().then(() => undefined));
  const given = { runtime, name: 'cart', describe: 'a cart' };
  return { given, server: new McpServer({ name: 'shop', version: '1.0.0' }) };
};

/** As a caller without types, or with a slip of the fingers, gives it. */
const anyhow = (value: unknown): never => value as never;

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION' });
    return (error as Error).message;
  }
  throw new Error('It was not refused.');
};

test.each<[string, Record<string, unknown>, RegExp]>([
  ['an unknown option', { ttl: 60_000 }, /"ttl".*options of createHandles.*did you mean ttlMs\?/],
  ['no runtime', { runtime: undefined }, /^runtime is undefined, but must be a runtime/],
  ['the options of one', { runtime: { store: 7 } }, /^runtime is .* createRuntime makes/],
  ['a name for the principal', { principal: 'ada' }, /^principal is "ada", .* a function/],
  ['data that is no function', { data: {} }, /^data is .* a function/],
  ['an onError that is none', { onError: 7 }, /^onError is 7, .* a function/],
])('createHandles: %s', (_, changed, words) => {
  const { given } = parts();
  expect(refusal(() => createHandles(anyhow({ ...given, ...changed })))).toMatch(words);
});

test('createHandles of nothing', () => {
  expect(refusal(() => createHandles(anyhow(undefined)))).toMatch(/options of createHandles/);
});

test.each<[string, unknown, RegExp]>([
  ['an unknown option', { lists: true }, /"lists".*did you mean list\?/],
  ['a flag that is none', { list: 'yes' }, /^list is "yes", .* true, false/],
  ['a name for the opening tool', { open: 'cart_new' }, /options of open of register/],
  ['an unknown option of that', { open: { title: 'x' } }, /"title".*name, description/],
  ['a name of it that is none', { open: { name: 7 } }, /^open\.name is 7/],
])('register: %s, and nothing is registered', (_, options, words) => {
  const { given, server } = parts();
  const carts = createHandles(given);
  expect(refusal(() => carts.register(server, anyhow(options)))).toMatch(words);
  // Neither is the name taken.
  carts.register(server, { list: true });
});

test('register and registerTool: a server that is none', () => {
  const { given } = parts();
  const carts = createHandles(given);
  const words = /^server is .*, but must be an McpServer of @modelcontextprotocol\/server/;
  for (const server of [{}, undefined, 'shop']) {
    expect(refusal(() => carts.register(anyhow(server)))).toMatch(words);
    expect(refusal(() => carts.registerTool(anyhow(server), 'x', {}, anyhow(null)))).toMatch(words);
  }
});

test('registerTool: the tool, its options, its handler', () => {
  const { given, server } = parts();
  const carts = createHandles(given);
  const told = (tool: unknown, config: unknown, handler: unknown): string =>
    refusal(() => carts.registerTool(server, anyhow(tool), anyhow(config), anyhow(handler)));
  const work = () => ({ content: [] });
  expect(told(undefined, {}, work)).toMatch(/^tool is undefined/);
  expect(told('cart_add', { input: {} }, work)).toMatch(/"input".*did you mean inputSchema\?/);
  expect(told('cart_add', undefined, work)).toMatch(/options of registerTool is undefined/);
  expect(told('cart_add', {}, undefined)).toMatch(/^the handler of cart_add is undefined/);
});

test.each<[string, unknown, RegExp]>([
  ['no options', undefined, /options of createRequestState/],
  ['no key', {}, /^key is undefined, .* at least 32 bytes/],
  ['a key of another kind', { key: 42 }, /^key is "number"/],
  ['an unknown option', { key: 'k'.repeat(32), ttlMs: 5 }, /"ttlMs".*ttlSeconds/],
  ['a principal that is a name', { key: 'k'.repeat(32), principal: 'ada' }, /^principal is "ada"/],
])('createRequestState: %s', (_, options, words) => {
  expect(refusal(() => createRequestState(anyhow(options)))).toMatch(words);
});

test('a secret key of another kind is in no error', () => {
  const message = refusal(() => createRequestState({ key: anyhow(['s3cret']) }));
  expect(message).not.toContain('s3cret');
});
