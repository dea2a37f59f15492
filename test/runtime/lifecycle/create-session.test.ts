import { expect, test } from 'vitest';
import {
  AlreadyExistsError,
  CapacityError,
  type Client,
  createMemoryStore,
  InvalidOptionError,
  LIMITS,
  mintSessionId,
} from '../../../src/index.ts';
import {
  faultyRuntime,
  noted,
  openRuntime,
  quietRuntime,
  recordOf,
  rejectionOf,
  standing,
  toldOf,
} from '../fixture.ts';

// A create is let in or not before its first await; its id leaves only once its record is durable; what fails
// leaves nothing behind.

test('a session is active, recorded and described when create resolves', async () => {
  const store = createMemoryStore();
  const { clock, runtime, events } = quietRuntime({ store });
  const session = await runtime.create({ principal: 'ada', metadata: { a: 1 } });
  expect(session.id).toMatch(/^ses_[A-Za-z0-9_-]{32}$/);
  expect(session.state).toBe('active');
  expect(session.info()).toEqual({
    id: session.id,
    principal: 'ada',
    state: 'active',
    residency: 'resident',
    client: null,
    metadata: { a: 1 },
    mcpServers: [],
    key: null,
    behaviour: null,
    createdAt: clock.wall(),
    lastActivityAt: clock.wall(),
    expiresAt: clock.wall() + 1_000_000,
    inFlight: 0,
    presences: 0,
    endedAt: null,
    reason: null,
    unreadable: null,
  });
  expect(await recordOf(store, session.id)).toMatchObject({
    principal: 'ada',
    state: 'active',
    session: { createdAt: clock.wall(), endedAt: null, reason: null, metadata: { a: 1 } },
    snapshot: null,
  });
  expect(toldOf(events, session.id)).toEqual(['created', 'ready', 'initializing>active']);
});

test('nothing of a session is shown before its record is durable', async () => {
  const { clock, runtime, events, memory } = faultyRuntime({ delayMs: [40, 40] });
  const id = mintSessionId();
  const created = runtime.create({ id, principal: 'ada' });
  await clock.advance(39);
  expect((await standing(clock, created)).is).toBe('pending');
  expect(events).toEqual([]);
  expect((await recordOf(memory, id)).state).toBe('active');
  await clock.advance(1);
  expect((await created).id).toBe(id);
});

test('without a lifetime a session never expires', async () => {
  const { runtime } = quietRuntime({ deadlines: { maxLifetimeMs: 'off' } });
  expect((await runtime.create()).info().expiresAt).toBeNull();
});

test('of fifty that ask at once for the last place, exactly one is let in', async () => {
  const { clock, runtime } = faultyRuntime({ delayMs: [1, 80] }, { maxResident: 5 });
  for (let count = 0; count < 4; count += 1) {
    const created = runtime.create();
    await clock.advance(80);
    await created;
  }
  const asked = Array.from({ length: 50 }, () => runtime.create());
  const settled = Promise.allSettled(asked);
  await clock.advance(80);
  const outcomes = await settled;
  const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  expect(refusals).toHaveLength(49);
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(CapacityError);
    expect(refusal).toMatchObject({
      limit: 'maxResident',
      retryable: true,
      retryAfterMs: LIMITS.retryAfterMs,
    });
  }
  expect(runtime.stats()).toMatchObject({ resident: 5, created: 5, refused: 49 });
});

test('the place is taken before the first await', async () => {
  const { runtime } = quietRuntime({ maxResident: 1 });
  const created = runtime.create();
  expect(runtime.stats().resident).toBe(1);
  await created;
});

test('one principal has its own limit; others and the anonymous are not counted in', async () => {
  const { runtime } = quietRuntime({ maxPerPrincipal: 2 });
  const first = await runtime.create({ principal: 'ada' });
  await runtime.create({ principal: 'ada' });
  const refusal = await rejectionOf(runtime.create({ principal: 'ada' }));
  expect(refusal).toBeInstanceOf(CapacityError);
  expect(refusal).toMatchObject({ limit: 'maxPerPrincipal' });
  await runtime.create({ principal: 'bob' });
  for (let count = 0; count < 5; count += 1) await runtime.create();
  await first.terminate();
  expect((await runtime.create({ principal: 'ada' })).state).toBe('active');
  expect(await rejectionOf(runtime.create({ principal: 'ada' }))).toBeInstanceOf(CapacityError);
});

test('a session that was refused leaves nothing', async () => {
  const calls: string[] = [];
  const { context, runtime, events } = openRuntime({
    maxResident: 1,
    store: noted(createMemoryStore(), calls),
  });
  await runtime.create({ principal: 'ada' });
  const told = events.length;
  await rejectionOf(runtime.create({ principal: 'bob' }));
  expect(calls).toEqual(['create']);
  expect(events.length).toBe(told);
  expect([context.hosts.size, context.registry.size, context.wheel.size]).toEqual([1, 1, 1]);
  const places = [...context.perPrincipal].map(([principal, own]) => [principal, own.size]);
  expect(places).toEqual([['ada', 1]]);
  expect((await runtime.list()).sessions).toHaveLength(1);
});

test('places are given back by ends, whatever their reason', async () => {
  const { clock, runtime } = quietRuntime({ maxResident: 2, maxPerPrincipal: 1 });
  await runtime.create({ principal: 'ada' });
  const other = await runtime.create({ principal: 'bob' });
  await other.pause();
  await clock.advance(61_000);
  expect(runtime.stats().resident).toBe(1);
  await runtime.create({ principal: 'ada' });
  await clock.advance(60_000);
  expect(runtime.stats()).toMatchObject({
    resident: 0,
    ended: { 'idle-timeout': 2, 'paused-timeout': 1 },
  });
});

test('client and metadata are copied: what callers do to theirs later changes nothing', async () => {
  const { runtime } = quietRuntime();
  const client = { name: 'tool', version: '1.0', capabilities: { roots: {} } };
  const metadata = { tags: ['a'] };
  const session = await runtime.create({ client, metadata });
  client.name = 'other';
  metadata.tags.push('b');
  expect(session.info()).toMatchObject({
    client: { name: 'tool', version: '1.0', capabilities: { roots: {} } },
    metadata: { tags: ['a'] },
  });
  const shown = session.info().metadata as { tags: string[] };
  expect(() => shown.tags.push('c')).toThrow(TypeError);
});

test.each([
  ['metadata of more than 16 KiB', { metadata: { text: 'x'.repeat(16 * 1024) } }, 'metadata'],
  ['a client without a version', { client: { name: 'x' } as Client }, 'client.version'],
  ['an id that Holdfast cannot have minted', { id: 'ses_mine' }, 'id'],
  ['a principal without a name', { principal: '' }, 'principal'],
  ['a principal that is no text', { principal: 7 as unknown as string }, 'principal'], // Untyped callers.
])('%s is refused, and takes no place', async (_name, options, option) => {
  const { runtime, events } = quietRuntime();
  const error = await rejectionOf(runtime.create(options));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option });
  expect(runtime.stats()).toMatchObject({ resident: 0, created: 0 });
  expect(events).toEqual([]);
});

test('an id minted ahead is used, once: a second session of it is refused, and the first is unhurt', async () => {
  const store = createMemoryStore();
  const { runtime } = quietRuntime({ store });
  const id = mintSessionId();
  const twice = await Promise.allSettled([runtime.create({ id }), runtime.create({ id })]);
  expect(twice.map((one) => one.status)).toEqual(['fulfilled', 'rejected']);
  expect(twice[1]).toHaveProperty('reason.code', 'ERR_HOLDFAST_ALREADY_EXISTS');
  const session = await runtime.get(id);
  expect(await rejectionOf(runtime.create({ id }))).toBeInstanceOf(AlreadyExistsError);
  await session.terminate();
  // A tombstone is a record too.
  expect(await rejectionOf(runtime.create({ id }))).toBeInstanceOf(AlreadyExistsError);
  expect((await recordOf(store, id)).session.reason).toBe('client');
  expect(runtime.stats().resident).toBe(0);
});

test('a session ended while its record is being written: create rejects, and its end is recorded', async () => {
  const { clock, runtime, memory, events } = faultyRuntime(
    { delayMs: [50_000, 50_000] },
    { deadlines: { idleAfterMs: 1_000, maxLifetimeMs: 20_000 } },
  );
  const id = mintSessionId();
  const error = rejectionOf(runtime.create({ id }));
  await clock.advance(50_000);
  expect(await error).toMatchObject({ reason: 'max-lifetime' });
  await clock.advance(50_000);
  expect((await recordOf(memory, id)).session.reason).toBe('max-lifetime');
  expect(toldOf(events, id)).toEqual([
    'created',
    'initializing>terminating',
    'terminating>terminated',
    'ended:max-lifetime',
  ]);
  expect(runtime.stats().resident).toBe(0);
});
