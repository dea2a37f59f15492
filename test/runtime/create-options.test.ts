import { expect, test } from 'vitest';
import { InvalidOptionError, LIMITS, mintSessionId } from '../../src/index.ts';
import type { CheckedBehaviour } from '../../src/runtime/behaviour/behaviour-options.ts';
import { checkedCreate, checkedKey } from '../../src/runtime/create-options.ts';
import type { CreateOptions } from '../../src/runtime/runtime.ts';
import type { Application } from '../../src/runtime/runtime-context.ts';
import type { Client } from '../../src/runtime/session.ts';

const application = (behaviours: Application['behaviours'] = {}): Application => ({
  data: null,
  initialize: null,
  cleanup: null,
  hooks: {},
  operations: {},
  onInterrupted: null,
  behaviours,
});

const checked = (options: CreateOptions) => checkedCreate(options, application(), false);

const refusalOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    return error;
  }
  throw new Error('nothing was thrown');
};

test('a session is made with nothing in particular by default', () => {
  expect(checked({})).toEqual({
    id: null,
    client: null,
    metadata: {},
    beats: 'first',
    mcpServers: [],
    data: undefined,
    behaviour: null,
    input: undefined,
  });
});

test('what it is made with is copied, and what was copied cannot be changed', () => {
  const metadata = { tags: ['a'], deep: { n: 1 } };
  const client = { name: 'tool', version: '1', capabilities: { x: {} } };
  const mcpServers = [{ name: 'files', env: { A: '1' } }];
  const copy = checked({ metadata, client, mcpServers });
  metadata.tags.push('b');
  metadata.deep.n = 2;
  client.name = 'other';
  mcpServers.push({ name: 'late', env: { A: '2' } });
  expect(copy.metadata).toEqual({ tags: ['a'], deep: { n: 1 } });
  expect(copy.client).toEqual({ name: 'tool', version: '1', capabilities: { x: {} } });
  expect(copy.mcpServers).toEqual([{ name: 'files', env: { A: '1' } }]);
  expect(Object.isFrozen(copy.metadata)).toBe(true);
  expect(Object.isFrozen(copy.metadata['deep'])).toBe(true);
  expect(Object.isFrozen(copy.client?.capabilities)).toBe(true);
  expect(Object.isFrozen(copy.mcpServers[0]?.['env'])).toBe(true);
});

test('metadata is at most 16 KiB, in bytes of its JSON', () => {
  const around = Buffer.byteLength(JSON.stringify({ text: '' }));
  const fits = 'x'.repeat(16 * 1024 - around);
  expect(checked({ metadata: { text: fits } }).metadata).toEqual({ text: fits });
  for (const text of [`${fits}x`, 'é'.repeat(fits.length / 2 + 1)]) {
    expect(refusalOf(() => checked({ metadata: { text } }))).toMatchObject({
      option: 'metadata',
      allowed: expect.stringContaining('16384 bytes'),
    });
  }
});

const circle: Record<string, unknown> = {};
circle['self'] = circle;

test.each([
  ['an array', []],
  ['a text', 'x'],
  ['null', null],
  ['a number', 5],
  ['a Date, which JSON makes a text of', new Date(0)],
  ['a Map, which JSON makes nothing of', new Map([['a', 1]])],
  ['something that JSON leaves out', { toJSON: () => undefined }],
  ['a circle', circle],
  ['a bigint', { n: 1n }],
  ['NaN', { n: Number.NaN }],
])('%s is no metadata', (_name, metadata) => {
  const options = { metadata } as CreateOptions;
  expect(refusalOf(() => checked(options))).toMatchObject({
    option: expect.stringContaining('metadata'),
  });
});

test.each([
  ['client', []],
  ['client', 'x'],
  ['client', null],
  ['client.name', { version: '1' }],
  ['client.name', { name: 5, version: '1' }],
  ['client.name', { name: 'x'.repeat(257), version: '1' }],
  ['client.version', { name: 'a' }],
  ['client.version', { name: 'a', version: 'x'.repeat(257) }],
])('%s is refused by name: %j', (option, client) => {
  const options = { client: client as Client };
  expect(refusalOf(() => checked(options))).toMatchObject({ option });
});

test('a client is bounded too', () => {
  const client = { name: 'a', version: '1', metadata: { text: 'x'.repeat(16 * 1024) } };
  expect(refusalOf(() => checked({ client }))).toMatchObject({ option: 'client' });
});

test.each([['maybe'], [null], [true], ['']])('beats cannot be %j', (beats) => {
  const options = { beats } as unknown as CreateOptions; // What untyped callers can do.
  expect(refusalOf(() => checked(options))).toMatchObject({ option: 'beats' });
});

test.each([['ses_short'], ['7'], [''], [null], [{}]])('an id cannot be %j', (id) => {
  const options = { id } as unknown as CreateOptions; // What untyped callers can do.
  expect(refusalOf(() => checked(options))).toMatchObject({ option: 'id' });
});

test('an id may have been minted ahead', () => {
  const id = mintSessionId();
  expect(checked({ id }).id).toBe(id);
});

test.each([
  ['no array', { name: 'files' }],
  ['no objects', ['files']],
  ['null', [null]],
  ['no name', [{ command: 'x' }]],
  ['a name that is no text', [{ name: 5 }]],
])('MCP servers: %s is refused', (_name, mcpServers) => {
  const options = { mcpServers } as unknown as CreateOptions; // What untyped callers can do.
  expect(refusalOf(() => checked(options))).toMatchObject({ option: 'mcpServers' });
});

test('MCP servers are at most 64 KiB together', () => {
  const around = Buffer.byteLength(JSON.stringify([{ name: '' }]));
  const name = 'x'.repeat(LIMITS.mcpServersBytes - around);
  expect(checked({ mcpServers: [{ name }] }).mcpServers).toEqual([{ name }]);
  expect(refusalOf(() => checked({ mcpServers: [{ name: `${name}x` }] }))).toMatchObject({
    option: 'mcpServers',
  });
});

test('a behaviour is one of those that are registered, and the refusal names them', () => {
  const spec = {} as CheckedBehaviour; // Only its name is looked at.
  const behaviours = application({ agent: spec, poller: spec });
  expect(checkedCreate({ behaviour: 'agent' }, behaviours, false).behaviour).toBe('agent');
  for (const behaviour of ['agnet', 'toString', '']) {
    expect(refusalOf(() => checkedCreate({ behaviour }, behaviours, false))).toMatchObject({
      option: 'behaviour',
      value: behaviour,
      allowed: 'agent, poller',
    });
  }
  expect(refusalOf(() => checked({ behaviour: 'agent' }))).toMatchObject({
    allowed: expect.stringContaining('no behaviours are registered'),
  });
});

test('an option nobody reads is refused, with those there are', () => {
  const options: object = { metdata: {} };
  expect(refusalOf(() => checked(options))).toMatchObject({
    value: 'metdata',
    allowed: expect.stringContaining('metadata'),
  });
});

test('a key is a text of 1 to 256 characters', () => {
  expect(checkedKey('key', 'x'.repeat(256))).toHaveLength(256);
  for (const key of ['', 'x'.repeat(257), 'a\0', 'a\ud83e', 5, null, undefined]) {
    const refusal = refusalOf(() => checkedKey('key', key));
    expect(refusal).toMatchObject({ option: 'key' });
    // A key may say who somebody is: the error does not.
    expect(String(refusal)).not.toContain('xxx');
  }
});

test('the input of a behaviour is JSON where it is stored, copied, and at most 256 KiB', () => {
  const given = { deep: [1] };
  const copy = checkedCreate({ input: given }, application(), true).input;
  expect(copy).toEqual(given);
  expect(copy).not.toBe(given);
  expect(checkedCreate({ input: refusalOf }, application(), false).input).toBe(refusalOf);
  for (const input of [refusalOf, { at: new Date() }, 'x'.repeat(300_000)]) {
    const error = refusalOf(() => checkedCreate({ input }, application(), true));
    expect(error).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION' });
  }
});
