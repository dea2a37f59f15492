import { describe, expect, test } from 'vitest';
import { createRuntime, InvalidOptionError, LIMITS } from '../../src/index.ts';
import { checkedPage, checkedReason, checkedSettings } from '../../src/runtime/options.ts';
import type { ListOptions, RuntimeOptions } from '../../src/runtime/runtime.ts';

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
const NOT_DURATIONS = [0, -0, -1, Number.NaN, '7', 'never', null, []];

describe('the settings of a runtime', () => {
  test('have the defaults of limits.ts', () => {
    expect(checkedSettings({})).toEqual({
      maxResident: LIMITS.maxResident,
      maxStored: LIMITS.maxStored,
      maxPerPrincipal: LIMITS.maxPerPrincipal,
      tombstoneMs: LIMITS.tombstoneMs,
      maxTombstones: LIMITS.maxTombstones,
      sweepIntervalMs: LIMITS.sweepIntervalMs,
      maxConcurrentOperations: LIMITS.concurrentOperations,
      maxQueuedOperations: LIMITS.queuedOperations,
      maxRecentEvents: LIMITS.recentEvents,
      initTimeoutMs: LIMITS.initTimeoutMs,
      cleanupTimeoutMs: LIMITS.cleanupTimeoutMs,
      hookTimeoutMs: LIMITS.hookTimeoutMs,
      journal: {
        maxEntries: LIMITS.journalEntries,
        maxBytes: LIMITS.journalBytes,
        dropOldest: false,
      },
    });
  });

  test('may be as low as 1', () => {
    const ones = {
      maxResident: 1,
      maxStored: 1,
      maxPerPrincipal: 1,
      tombstoneMs: 1,
      maxTombstones: 1,
      sweepIntervalMs: 1,
      maxConcurrentOperations: 1,
      maxQueuedOperations: 1,
      maxRecentEvents: 1,
      initTimeoutMs: 1,
      cleanupTimeoutMs: 1,
      hookTimeoutMs: 1,
    };
    const journal = { maxEntries: 1, maxBytes: 1, onFull: 'drop-oldest' } as const;
    expect(checkedSettings({ ...ones, journal })).toEqual({
      ...ones,
      journal: { maxEntries: 1, maxBytes: 1, dropOldest: true },
    });
  });

  test('what the application is given for its own code may be without a limit', () => {
    const off = { initTimeoutMs: 'off', cleanupTimeoutMs: 'off', hookTimeoutMs: 'off' } as const;
    expect(checkedSettings(off)).toMatchObject({
      initTimeoutMs: Number.POSITIVE_INFINITY,
      cleanupTimeoutMs: Number.POSITIVE_INFINITY,
      hookTimeoutMs: Number.POSITIVE_INFINITY,
    });
  });

  test.each([
    ['maxResident', NOT_COUNTS],
    ['maxStored', NOT_COUNTS],
    ['maxPerPrincipal', NOT_COUNTS],
    ['tombstoneMs', NOT_TIMES],
    ['sweepIntervalMs', NOT_TIMES],
    ['maxConcurrentOperations', NOT_COUNTS],
    ['maxQueuedOperations', NOT_COUNTS],
    ['maxRecentEvents', NOT_COUNTS],
    ['initTimeoutMs', NOT_DURATIONS],
    ['cleanupTimeoutMs', NOT_DURATIONS],
    ['hookTimeoutMs', NOT_DURATIONS],
  ])('%s: what is not allowed is refused by name', (option, values) => {
    for (const value of values) {
      const options = { [option]: value } as RuntimeOptions;
      expect(refusalOf(() => createRuntime(options))).toMatchObject({ option, value });
    }
  });

  test.each([
    ['maxEntries', NOT_COUNTS],
    ['maxBytes', NOT_COUNTS],
    ['onFull', ['drop', '', null, 5]],
  ])('journal.%s: likewise', (name, values) => {
    for (const value of values) {
      const options = { journal: { [name]: value } } as RuntimeOptions;
      const option = `journal.${name}`;
      expect(refusalOf(() => createRuntime(options))).toMatchObject({ option, value });
    }
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
    ['limit', null],
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

describe('the reason of an end', () => {
  test.each(['client', 'operator'])('may be %j', (reason) => {
    expect(checkedReason(reason)).toBe(reason);
  });

  test.each(['shutdown', '', null, undefined])('cannot be %j', (reason) => {
    expect(refusalOf(() => checkedReason(reason))).toMatchObject({ option: 'reason' });
  });
});
