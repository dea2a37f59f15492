import {
  fromJsonSchema,
  McpServer,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withHandle } from '../../../src/mcp/handles/handle-schema.ts';
import { cartsUnderTest, connect } from './modern-endpoint.ts';

// The handle's argument beside the tool's own, whatever library its schema is of.

const argument = { tool: 'cart_add', name: 'cart', description: 'the cart' };
const shownOf = (schema: StandardSchemaWithJSON) =>
  withHandle(schema, argument)['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
const parsed = (schema: StandardSchemaWithJSON | undefined, value: unknown) =>
  withHandle(schema, argument)['~standard'].validate(value);

/** A schema as a library without zod would make it: it answers later. */
const ofAnotherLibrary: StandardSchemaWithJSON<{ count: string }, { count: number }> = {
  '~standard': {
    version: 1,
    vendor: 'other',
    validate: async (value) => {
      const count = Number((value as { count?: unknown }).count);
      return Number.isNaN(count) ? { issues: [{ message: 'no number' }] } : { value: { count } };
    },
    jsonSchema: {
      input: () => ({
        type: 'object',
        properties: { count: { type: 'string' } },
        required: ['count'],
      }),
      output: () => ({ type: 'object', properties: { count: { type: 'number' } } }),
    },
  },
};

test('shown: the handle is first and required, and the own properties are as they were', () => {
  const own = z.object({ item: z.string(), count: z.number().default(1) });
  expect(shownOf(own)).toEqual({
    ...own['~standard'].jsonSchema.input({ target: 'draft-2020-12' }),
    properties: {
      cart: { type: 'string', description: 'the cart' },
      item: { type: 'string' },
      count: { type: 'number', default: 1 },
    },
    required: ['cart', 'item'],
  });
  expect(shownOf(z.object({}))).toMatchObject({ required: ['cart'] });
  const both = z.object({ item: z.string() }).and(z.object({ count: z.number() }));
  expect(shownOf(both)).toMatchObject({ required: ['cart', 'item', 'count'] });
});

test('shown: what the own schema says of its arguments as a whole leaves room for the handle', () => {
  const counted = (own: Record<string, unknown>) =>
    shownOf(fromJsonSchema({ type: 'object', ...own }));
  expect(counted({ minProperties: 1, maxProperties: 1 })).toMatchObject({
    minProperties: 2,
    maxProperties: 2,
  });
  const propertyNames = { pattern: '^x_' };
  expect(counted({ propertyNames })).toMatchObject({
    propertyNames: { anyOf: [{ const: 'cart' }, propertyNames] },
  });
});

test('the own schema sees its own arguments only, even where it takes no others', async () => {
  const strict = z.strictObject({ item: z.string() });
  expect(await parsed(strict, { cart: 'c', item: 'tea' })).toEqual({
    value: { handle: 'c', input: { item: 'tea' } },
  });
  expect(await parsed(strict, { cart: 'c', item: 'tea', more: 1 })).toMatchObject({
    issues: [expect.anything()],
  });
  expect(await parsed(z.looseObject({}), { cart: 'c', more: 1 })).toEqual({
    value: { handle: 'c', input: { more: 1 } },
  });
  expect(await parsed(undefined, { cart: 'c', more: 1 })).toEqual({
    value: { handle: 'c', input: {} },
  });
});

test('parsed once, transforms and defaults included; later, where the schema answers later', async () => {
  const own = z.object({
    item: z.string().transform((text) => text.length),
    count: z.number().default(2),
  });
  expect(await parsed(own, { cart: 'c', item: 'tea' })).toEqual({
    value: { handle: 'c', input: { item: 3, count: 2 } },
  });
  expect(await parsed(ofAnotherLibrary, { cart: 'c', count: '7' })).toEqual({
    value: { handle: 'c', input: { count: 7 } },
  });
  expect(await parsed(ofAnotherLibrary, { cart: 'c', count: 'x' })).toEqual({
    issues: [{ message: 'no number' }],
  });
});

test('a handle of any kind passes: it is answered as an unknown one', async () => {
  for (const handle of [undefined, null, 7, {}, 'x'.repeat(1_000)]) {
    expect(await parsed(undefined, { cart: handle })).toEqual({ value: { handle, input: {} } });
  }
  for (const value of [undefined, null, [], 'text']) {
    expect(await parsed(undefined, value)).toEqual({ value: { handle: undefined, input: {} } });
  }
});

test('schemas of several libraries, called by a client', async () => {
  const { carts } = cartsUnderTest();
  const ada = await connect('ada', () => {
    const server = new McpServer({ name: 'shop', version: '1.0.0' });
    carts.register(server);
    carts.registerTool(server, 'cart_count', { inputSchema: ofAnotherLibrary }, (_, { count }) => ({
      content: [{ type: 'text', text: String(count + 1) }],
    }));
    const json = fromJsonSchema<{ item: string }>({
      type: 'object',
      properties: { item: { type: 'string' } },
      required: ['item'],
    });
    carts.registerTool(server, 'cart_add', { inputSchema: json }, (_, { item }) => ({
      content: [{ type: 'text', text: item }],
    }));
    return server;
  });
  const cart = await ada.open();
  expect((await ada.call('cart_count', { cart, count: '7' })).text).toBe('8');
  expect((await ada.call('cart_add', { cart, item: 'tea' })).text).toBe('tea');
  expect((await ada.call('cart_add', { cart })).isError).toBe(true);
});

const noJson: unknown = {
  '~standard': { version: 1, vendor: 'old', validate: () => ({ value: {} }) },
};

test.each([
  ['a property of the handle’s name', z.object({ cart: z.string() }), /without a property cart/],
  ['no object', z.string(), /"string".*an object schema/],
  ['a list', z.array(z.string()), /an object schema/],
  [
    'a union',
    z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
    /an object schema/,
  ],
  ['what has no JSON Schema', z.object({ when: z.date() }), /tells its JSON Schema/],
  ['a library that tells none', noJson as StandardSchemaWithJSON, /tells its JSON Schema/],
])('refused where the tool is registered: %s', (_, inputSchema, message) => {
  const { carts } = cartsUnderTest();
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  const register = () =>
    carts.registerTool(
      server,
      'cart_add',
      { inputSchema: inputSchema as StandardSchemaWithJSON },
      () => ({
        content: [],
      }),
    );
  expect(register).toThrow(message);
  expect(register).toThrow(expect.objectContaining({ code: 'ERR_HOLDFAST_INVALID_OPTION' }));
});

test('a tool by a name too long for an operation is refused', () => {
  const { carts } = cartsUnderTest();
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  const register = () => carts.registerTool(server, 'x'.repeat(129), {}, () => ({ content: [] }));
  expect(register).toThrow(/at most 128 characters/);
});
