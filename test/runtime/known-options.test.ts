import { expect, test } from 'vitest';
import {
  type CreateOptions,
  createMemoryStore,
  createRuntime,
  InvalidOptionError,
  type ListOptions,
  mintSessionId,
  type RuntimeOptions,
  type Store,
} from '../../src/index.ts';
import { refuseUnknown } from '../../src/runtime/known-options.ts';
import { quietRuntime, rejectionOf } from './fixture.ts';

// A misspelt limit would be no limit, and nobody would hear of it.

const refusalOf = (act: () => unknown): InvalidOptionError => {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const untyped = <T>(options: object): T => options as T; // What untyped callers can do.

test.each([
  ['createRuntime', { maxResidents: 5 }, 'maxResidents', 'maxResident, maxStored, maxPerPrincipal'],
  ['createRuntime', { idleTimeoutMs: 5 }, 'idleTimeoutMs', 'deadlines'],
  ['createRuntime', { toString: 5 }, 'toString', 'store'],
  ['deadlines', { deadlines: { idleTimeout: 5 } }, 'idleTimeout', 'idleAfterMs, idleTimeoutMs'],
  ['journal', { journal: { maxEntires: 5 } }, 'maxEntires', 'maxEntries, maxBytes, onFull'],
])(
  '%s: an option nobody reads is refused, with those there are: %j',
  (call, given, name, known) => {
    const error = refusalOf(() => createRuntime(untyped<RuntimeOptions>(given)));
    expect(error).toMatchObject({ value: name, allowed: expect.stringContaining(known) });
    expect(error.message).toContain(call);
    expect(error.message).toContain(`"${name}"`);
  },
);

test('create and list refuse it too, for the runtime and for a caller, and nothing is done', async () => {
  const { runtime } = quietRuntime();
  const misspelt = untyped<CreateOptions>({ metdata: {} });
  const unread = untyped<ListOptions>({ max: 5 });
  const asked = [
    [runtime.create(misspelt), 'metdata'],
    [runtime.as('ada').create(misspelt), 'metdata'],
    [runtime.list(unread), 'max'],
    [runtime.as('ada').list(unread), 'max'],
  ] as const;
  for (const [call, name] of asked) {
    const error = await rejectionOf(call);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ value: name });
  }
  expect(runtime.stats()).toMatchObject({ resident: 0, created: 0 });
});

test('create takes no key, and says who does; getOrCreate takes no id', async () => {
  const { runtime } = quietRuntime();
  const keyed = untyped<CreateOptions>({ principal: 'ada', key: 'k' });
  expect(await rejectionOf(runtime.create(keyed))).toMatchObject({
    value: 'key',
    allowed: expect.stringContaining('(a key is for getOrCreate)'),
  });
  const named = { principal: 'ada', key: 'k', id: mintSessionId() };
  expect(await rejectionOf(runtime.getOrCreate(named))).toMatchObject({ value: 'id' });
  expect(runtime.stats()).toMatchObject({ resident: 0, created: 0 });
});

test('a promise of a store is refused, and what to do about it is said', () => {
  const store = untyped<Store>(Promise.resolve(createMemoryStore()));
  expect(refusalOf(() => createRuntime({ store })).message).toBe(
    'store is an object, but must be a store, and no promise of one: await it.',
  );
  expect(refusalOf(() => createRuntime({ store: untyped<Store>({}) })).option).toBe('store');
});

test('pause, waitFor and drain refuse it too, of a tombstone as well, and nothing is done', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const ended = await runtime.create();
  await ended.terminate();
  const tombstone = await runtime.get(ended.id);
  const asked = [
    [() => session.pause(untyped({ abrot: true })), 'abrot'],
    [() => session.waitFor('paused', untyped({ timeoutMS: 5 })), 'timeoutMS'],
    [() => session.waitFor('active', untyped({ timeoutMS: 5 })), 'timeoutMS'],
    [() => tombstone.waitFor('terminated', untyped({ timeoutMS: 5 })), 'timeoutMS'],
    [() => runtime.drain(untyped({ operationMs: 3 })), 'operationMs'],
  ] as const;
  for (const [call, name] of asked) {
    const error = await rejectionOf(call());
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ value: name });
  }
  expect([session.state, runtime.stats().state]).toEqual(['active', 'accepting']);
});

test('every option there is is known, by all calls that take it', () => {
  const deadlines = {
    idleAfterMs: 1,
    idleTimeoutMs: 1,
    heartbeatIntervalMs: 1,
    heartbeatMissed: 1,
    pausedTimeoutMs: 1,
    maxLifetimeMs: 1,
  };
  expect(() => refuseUnknown('deadlines', deadlines)).not.toThrow();
  expect(() => refuseUnknown('list', { state: 'idle', limit: 1, cursor: null })).not.toThrow();
  expect(() => refuseUnknown('create', { principal: null, id: 'i', beats: 'off' })).not.toThrow();
  expect(() => refuseUnknown('getOrCreate', { principal: 'a', key: 'k' })).not.toThrow();
  expect(() => refuseUnknown('createRuntime', {})).not.toThrow();
});

test.each([null, 5, 'x', []])('options cannot be %j', (options) => {
  const given = options as RuntimeOptions;
  expect(refusalOf(() => createRuntime(given)).option).toBe('the options of createRuntime');
  const deadlines = untyped<RuntimeOptions>({ deadlines: options });
  expect(refusalOf(() => createRuntime(deadlines)).option).toBe('the options of deadlines');
  const journal = untyped<RuntimeOptions>({ journal: options });
  expect(refusalOf(() => createRuntime(journal)).option).toBe('the options of journal');
});

test('what is left out and what is undefined are one, except whose sessions are meant', () => {
  const options = untyped<RuntimeOptions>({ maxResident: undefined, deadlines: undefined });
  expect(() => createRuntime(options)).not.toThrow();
  for (const call of ['create', 'list'] as const) {
    expect(refusalOf(() => refuseUnknown(call, { principal: undefined }))).toMatchObject({
      option: 'principal',
      value: undefined,
    });
    expect(() => refuseUnknown(call, { principal: null })).not.toThrow();
  }
});
