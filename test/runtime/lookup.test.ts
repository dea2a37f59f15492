import { expect, test } from 'vitest';
import {
  createMemoryStore,
  ForbiddenError,
  InvalidSessionIdError,
  LIMITS,
  mintSessionId,
  type Runtime,
  SessionNotFoundError,
  StoreError,
} from '../../src/index.ts';
import { faultyRuntime, noted, quietRuntime, rejectionOf, TICK } from './fixture.ts';

const counted = () => {
  const calls: string[] = [];
  const store = noted(createMemoryStore(), calls);
  const { clock, runtime } = quietRuntime({ store });
  /** What the answer is, all that can be seen of it, and the look-ups it took. */
  const answer = async (asked: () => Promise<unknown>) => {
    calls.length = 0;
    const error = await rejectionOf(asked());
    const { name, message, ...own } = error as Error;
    return { error: { name, message, ...own }, lookUps: [...calls] };
  };
  return { clock, runtime, answer };
};

const sessionsOf = async (runtime: Runtime) => {
  const living = await runtime.create({ principal: 'ada' });
  const ended = await runtime.create({ principal: 'ada' });
  await ended.terminate('operator');
  const anonymous = await runtime.create();
  const endedAnonymous = await runtime.create();
  await endedAnonymous.terminate();
  return { living, ended, anonymous, endedAnonymous };
};

const CALLERS = ['bob', null] as const;

test.each(CALLERS)(
  'to %j, a living, an ended and an unknown session are one answer, by the same look-ups',
  async (caller) => {
    const { runtime, answer } = counted();
    const { living, ended, endedAnonymous } = await sessionsOf(runtime);
    const bound = runtime.as(caller);
    const unknown = await answer(() => bound.get(mintSessionId()));
    expect(unknown.error).toEqual({
      name: 'SessionNotFoundError',
      message: 'There is no such session.',
      code: 'ERR_HOLDFAST_NOT_FOUND',
      retryable: false,
    });
    expect(unknown.lookUps).toEqual(['load']);
    for (const { id } of [living, ended, endedAnonymous]) {
      expect(await answer(() => bound.get(id))).toEqual(unknown);
      expect(await answer(() => bound.terminate(id))).toEqual(unknown);
    }
    expect(living.state).toBe('active');
  },
);

test('a principal does not see anonymous sessions', async () => {
  const { runtime, answer } = counted();
  const { anonymous } = await sessionsOf(runtime);
  const unknown = await answer(() => runtime.as('ada').get(mintSessionId()));
  expect(await answer(() => runtime.as('ada').get(anonymous.id))).toEqual(unknown);
  expect((await runtime.as(null).get(anonymous.id)).id).toBe(anonymous.id);
});

test('what cannot be an id is refused before any look-up, to everybody', async () => {
  const { runtime, answer } = counted();
  const { living } = await sessionsOf(runtime);
  const malformed: unknown[] = ['', 'x', living.id.slice(0, -1), `${living.id}x`, `${living.id}\n`];
  malformed.push(living.id.toUpperCase(), ` ${living.id}`, null, undefined, 5, {}, [living.id]);
  for (const id of malformed) {
    for (const caller of [runtime, runtime.as('ada'), runtime.as(null)]) {
      const { error, lookUps } = await answer(() => caller.get(id as string)); // Untyped callers.
      expect(error).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_ID' });
      expect(lookUps).toEqual([]);
    }
  }
  expect(await rejectionOf(runtime.get('x'))).toBeInstanceOf(InvalidSessionIdError);
});

test('the owner and the runtime get a living session without asking the store', async () => {
  const calls: string[] = [];
  const { runtime } = quietRuntime({ store: noted(createMemoryStore(), calls) });
  const session = await runtime.create({ principal: 'ada' });
  calls.length = 0;
  for (const caller of [runtime, runtime.as('ada')]) {
    const found = await caller.get(session.id);
    await found.touch();
    expect([found.id, found.state]).toEqual([session.id, 'active']);
  }
  expect(calls).toEqual([]);
});

test('the owner of an ended session reads that it ended and why', async () => {
  const { runtime } = quietRuntime();
  const { ended, endedAnonymous } = await sessionsOf(runtime);
  const found = await runtime.as('ada').get(ended.id);
  expect([found.state, found.info().reason]).toEqual(['terminated', 'operator']);
  expect((await runtime.get(endedAnonymous.id)).info().reason).toBe('client');
});

test('a reference got before the end knows of it', async () => {
  const { runtime } = quietRuntime();
  const { living } = await sessionsOf(runtime);
  const found = await runtime.as('ada').get(living.id);
  await living.terminate();
  expect(found.state).toBe('terminated');
});

test('a session whose record is being written is not there yet', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [40, 40] });
  const id = mintSessionId();
  const created = runtime.create({ id, principal: 'ada' });
  const error = rejectionOf(runtime.as('bob').get(id));
  await clock.advance(40);
  expect(await error).toBeInstanceOf(SessionNotFoundError);
  await created;
  expect((await runtime.as('ada').get(id)).state).toBe('active');
});

test('a store that cannot be read is told as such, not as an unknown session', async () => {
  const { runtime, store } = faultyRuntime();
  store.break('fail');
  for (const asked of [runtime.get(mintSessionId()), runtime.list()]) {
    const error = await rejectionOf(asked);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ retryable: true });
  }
});

test('a caller lists its own sessions, the ended ones included; the runtime lists all', async () => {
  const { runtime } = quietRuntime();
  const { living, ended, anonymous, endedAnonymous } = await sessionsOf(runtime);
  const bobs = await runtime.create({ principal: 'bob' });
  const idsOf = (page: { sessions: readonly { id: string }[] }) =>
    page.sessions.map(({ id }) => id).sort();
  expect(idsOf(await runtime.as('ada').list())).toEqual([living.id, ended.id].sort());
  expect(idsOf(await runtime.as('bob').list())).toEqual([bobs.id]);
  expect(idsOf(await runtime.as('eve').list())).toEqual([]);
  expect(idsOf(await runtime.list())).toHaveLength(5);
  expect(idsOf(await runtime.list({ principal: 'ada' }))).toEqual([living.id, ended.id].sort());
  const nobodys = [anonymous.id, endedAnonymous.id].sort();
  expect(idsOf(await runtime.list({ principal: null }))).toEqual(nobodys);
});

test('an anonymous caller may not list: nothing tells whose they are', async () => {
  const { runtime, answer } = counted();
  await runtime.create();
  const { error, lookUps } = await answer(() => runtime.as(null).list());
  expect(error).toMatchObject({ code: 'ERR_HOLDFAST_FORBIDDEN', retryable: false });
  expect(lookUps).toEqual([]);
  expect(await rejectionOf(runtime.as(null).list())).toBeInstanceOf(ForbiddenError);
});

test('a list shows what is true now, not what was last recorded, and filters by it', async () => {
  const { clock, runtime } = quietRuntime();
  const quiet = await runtime.create({ principal: 'ada', beats: 'off' });
  await clock.advance(9_000);
  const busy = await runtime.create({ principal: 'ada', beats: 'off' });
  await clock.advance(1_000 + TICK);
  const idle = await runtime.as('ada').list({ state: 'idle' });
  expect(idle.sessions).toEqual([quiet.info()]);
  expect((await runtime.as('ada').list({ state: 'active' })).sessions).toEqual([busy.info()]);
  expect((await runtime.as('ada').list({ state: 'paused' })).sessions).toEqual([]);
});

test('a list comes in pages, each session once', async () => {
  const { runtime } = quietRuntime();
  const made: string[] = [];
  for (let count = 0; count < 7; count += 1) {
    made.push((await runtime.create({ principal: 'ada' })).id);
    await runtime.create({ principal: 'bob' });
  }
  const seen: string[] = [];
  const sizes: number[] = [];
  let cursor: string | null = null;
  do {
    const page = await runtime.as('ada').list({ limit: 3, cursor });
    seen.push(...page.sessions.map(({ id }) => id));
    sizes.push(page.sessions.length);
    cursor = page.cursor;
  } while (cursor !== null);
  expect(seen).toEqual(made.sort());
  expect(sizes).toEqual([3, 3, 1]);
});

test.each([
  [{ limit: 0 }, 'limit'],
  [{ limit: LIMITS.listPage + 1 }, 'limit'],
  [{ limit: Number.NaN }, 'limit'],
  [{ cursor: 'elsewhere' }, 'cursor'],
  [{ state: 'asleep' as 'idle' }, 'state'],
])('a list of %j is refused', async (options, option) => {
  const { runtime, answer } = counted();
  for (const caller of [runtime, runtime.as('ada')]) {
    const { error, lookUps } = await answer(() => caller.list(options));
    expect(error).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION', option });
    expect(lookUps).toEqual([]);
  }
});

test('a session that is being created is unknown until its create has heard of its record', async () => {
  const memory = createMemoryStore();
  const create = memory.create.bind(memory);
  let answer: () => void = () => undefined;
  memory.create = async (record) => {
    const written = await create(record);
    await new Promise<void>((go) => {
      answer = go;
    });
    return written;
  };
  const { clock, runtime } = quietRuntime({ store: memory });
  const id = mintSessionId();
  const created = runtime.create({ id, principal: 'ada' });
  await clock.settle();
  expect(await memory.load(id)).not.toBeNull();
  for (const caller of [runtime, runtime.as('ada'), runtime.as('bob')]) {
    expect(await rejectionOf(caller.get(id))).toBeInstanceOf(SessionNotFoundError);
    expect(await rejectionOf(caller.terminate(id))).toBeInstanceOf(SessionNotFoundError);
  }
  answer();
  const session = await created;
  expect(session.state).toBe('active');
  expect((await runtime.as('ada').get(id)).id).toBe(id);
  await session.pause();
  expect((await runtime.get(id)).state).toBe('paused');
});
