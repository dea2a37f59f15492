import { describe, expect, test } from 'vitest';
import { createRuntime, InvalidOptionError, LIMITS, mintSessionId } from '../../src/index.ts';
import { checkedCreate, checkedPage, checkedSettings } from '../../src/runtime/options.ts';
import type { CreateOptions, ListOptions, RuntimeOptions } from '../../src/runtime/runtime.ts';
import type { Client } from '../../src/runtime/session.ts';

const refusalOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    return error;
  }
  throw new Error('nothing was thrown');
};

const NOT_COUNTS = [0, -0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '7', 'off', null, {}];
const NOT_TIMES = [0, -0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '7', 'off', null, []];

describe('the settings of a runtime', () => {
  test('have the defaults of limits.ts', () => {
    expect(checkedSettings({})).toEqual({
      maxResident: LIMITS.maxResident,
      maxPerPrincipal: LIMITS.maxPerPrincipal,
      tombstoneMs: LIMITS.tombstoneMs,
      sweepIntervalMs: LIMITS.sweepIntervalMs,
    });
  });

  test('may be as low as 1', () => {
    const ones = { maxResident: 1, maxPerPrincipal: 1, tombstoneMs: 1, sweepIntervalMs: 1 };
    expect(checkedSettings(ones)).toEqual(ones);
  });

  test.each([
    ['maxResident', NOT_COUNTS],
    ['maxPerPrincipal', NOT_COUNTS],
    ['tombstoneMs', NOT_TIMES],
    ['sweepIntervalMs', NOT_TIMES],
  ])('%s: what is not allowed is refused by name', (option, values) => {
    for (const value of values) {
      const options = { [option]: value } as RuntimeOptions;
      expect(refusalOf(() => createRuntime(options))).toMatchObject({ option, value });
    }
  });
});

describe('what a session is made with', () => {
  test('is nothing in particular by default', () => {
    expect(checkedCreate({})).toEqual({ id: null, client: null, metadata: {}, beats: 'first' });
  });

  test('is copied, and what was copied cannot be changed', () => {
    const metadata = { tags: ['a'], deep: { n: 1 } };
    const client = { name: 'tool', version: '1', capabilities: { x: {} } };
    const checked = checkedCreate({ metadata, client });
    metadata.tags.push('b');
    metadata.deep.n = 2;
    client.name = 'other';
    expect(checked.metadata).toEqual({ tags: ['a'], deep: { n: 1 } });
    expect(checked.client).toEqual({ name: 'tool', version: '1', capabilities: { x: {} } });
    expect(Object.isFrozen(checked.metadata)).toBe(true);
    expect(Object.isFrozen(checked.metadata['deep'])).toBe(true);
    expect(Object.isFrozen(checked.client?.capabilities)).toBe(true);
  });

  test('has at most 16 KiB of metadata, in bytes of its JSON', () => {
    const around = Buffer.byteLength(JSON.stringify({ text: '' }));
    const fits = 'x'.repeat(16 * 1024 - around);
    expect(checkedCreate({ metadata: { text: fits } }).metadata).toEqual({ text: fits });
    for (const text of [`${fits}x`, 'é'.repeat(fits.length / 2 + 1)]) {
      expect(refusalOf(() => checkedCreate({ metadata: { text } }))).toMatchObject({
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
    expect(refusalOf(() => checkedCreate(options))).toMatchObject({
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
    expect(refusalOf(() => checkedCreate(options))).toMatchObject({ option });
  });

  test('a client is bounded too', () => {
    const client = { name: 'a', version: '1', metadata: { text: 'x'.repeat(16 * 1024) } };
    expect(refusalOf(() => checkedCreate({ client }))).toMatchObject({ option: 'client' });
  });

  test.each([['maybe'], [null], [true], ['']])('beats cannot be %j', (beats) => {
    const options = { beats } as unknown as CreateOptions; // What untyped callers can do.
    expect(refusalOf(() => checkedCreate(options))).toMatchObject({ option: 'beats' });
  });

  test.each([['ses_short'], ['7'], [''], [null], [{}]])('an id cannot be %j', (id) => {
    const options = { id } as unknown as CreateOptions; // What untyped callers can do.
    expect(refusalOf(() => checkedCreate(options))).toMatchObject({ option: 'id' });
  });

  test('may have an id that was minted ahead', () => {
    const id = mintSessionId();
    expect(checkedCreate({ id }).id).toBe(id);
  });
});

describe('a page of a list', () => {
  test('is the largest one by default, from the start', () => {
    expect(checkedPage({})).toEqual({ limit: LIMITS.listPage, cursor: null });
    expect(checkedPage({ limit: 1, cursor: null })).toEqual({ limit: 1, cursor: null });
  });

  test.each([
    ['limit', 0],
    ['limit', -1],
    ['limit', 1.5],
    ['limit', Number.NaN],
    ['limit', LIMITS.listPage + 1],
    ['cursor', 'zzz'],
    ['cursor', 5],
    ['state', 'asleep'],
    ['state', ''],
  ])('%s cannot be %j', (option, value) => {
    const options = { [option]: value } as ListOptions;
    expect(refusalOf(() => checkedPage(options))).toMatchObject({ option, value });
  });
});
