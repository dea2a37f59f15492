import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { handshakeOf } from '../../../src/mcp/sessions/handshake.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { call, messagesOf } from './endpoint-under-test.ts';
import { quotaUnderTest } from './quota-under-test.ts';
import { Reading } from './reading.ts';

// A client of this protocol seldom says that it leaves. Who has connected as often as it may is not locked out for it.

test('over a durable store: the one that has been quiet for the longest makes way, stored as it is', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 3 });
  const [oldest, middle, newest] = [
    await under.opened(),
    await under.opened(),
    await under.opened(),
  ];
  // Its client came back.
  await under.send('POST', oldest, { jsonrpc: '2.0', method: 'notifications/initialized' });
  await under.bench.advance(80_000);
  expect(await under.residency(middle)).toBe('stored');
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[middle, 'operator']]);
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons().slice(1)).toEqual([[newest, 'operator']]);
  expect((await under.send('POST', middle, { jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(
    404,
  );
});

test('over a memory store too, where none is idle yet', async () => {
  const under = quotaUnderTest({ durable: false, maxPerPrincipal: 2 });
  const [oldest] = [await under.opened(), await under.opened()];
  await under.quiet();
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[oldest, 'operator']]);
});

test('never one with work in flight, with an open stream, or that was set aside', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 5 });
  const busy = await under.opened();
  const calling = await under.send('POST', busy, call(1, 'hold'));
  const [storedListener, aside] = [await under.opened(), await under.opened()];
  const readings = [new Reading(await under.send('GET', storedListener))];
  await (await under.bench.runtime.get(aside)).pause();
  await under.bench.advance(15_000);
  const listener = await under.opened();
  readings.push(new Reading(await under.send('GET', listener)));
  const quiet = await under.opened();
  await under.quiet();
  expect(await under.residency(storedListener)).toBe('stored');
  expect(await under.residency(listener)).not.toBe('stored');
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[quiet, 'operator']]);
  under.answers[0]?.();
  await messagesOf(calling);
  expect(readings.map(({ ended }) => ended)).toEqual([false, false]);
  await Promise.all(readings.map((reading) => reading.leave()));
});

test('never a handle or a session of the application: 503, and no promise that a second helps', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 3 });
  const { runtime } = under.bench;
  const client = { name: 'tester', version: '1.0.0' };
  const handshaken = { ...client, metadata: { mcp: { protocolVersion: '2025-11-25' } } };
  const ours = [
    await runtime.create({ principal: 'ada', client, metadata: { handle: 'cart' } }),
    await runtime.create({ principal: 'ada' }),
    await runtime.getOrCreate({ principal: 'ada', key: 'mine', client: handshaken }),
  ];
  await under.quiet();
  const { response } = await under.initialize();
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('60');
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toMatch(/as many as it may/);
  expect(error.message).not.toMatch(/Try again in/);
  expect(under.reasons()).toEqual([]);
  for (const { id } of ours) expect((await runtime.get(id)).state).not.toBe('terminated');
});

test.each([true, false])(
  'five at once, durable %s: five make way, the quietest, and nobody else',
  async (durable) => {
    const under = quotaUnderTest({ durable, maxPerPrincipal: 7 });
    const before: string[] = [];
    for (let n = 0; n < 7; n += 1) before.push(await under.opened());
    await under.quiet();
    const at = await Promise.all(Array.from({ length: 5 }, () => under.initialize()));
    expect(at.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(under.reasons().map(([id]) => id)).toEqual(before.slice(0, 5));
    const { sessions } = await under.bench.runtime.as('ada').list();
    const live = sessions.filter(({ state }) => state !== 'terminated').map(({ id }) => id);
    expect(live.sort()).toEqual([...before.slice(5), ...at.map(({ id }) => id)].sort());
  },
);

test('room that was given back meanwhile is taken before anybody is ended', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 2 });
  const [first, second] = [await under.opened(), await under.opened()];
  await under.quiet();
  const deleted = under.send('DELETE', second);
  const at = await Promise.all([under.initialize(), deleted]);
  expect(at[0].status).toBe(200);
  expect(under.reasons()).toEqual([[second, 'client']]);
  expect((await under.bench.runtime.get(first)).state).not.toBe('terminated');
});

test('whose client comes back in the very moment is not ended: the next one is', async () => {
  let oldest = '';
  const listed = async (runtime: Runtime) => (await runtime.get(oldest)).touch();
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 2, listed });
  oldest = await under.opened();
  const next = await under.opened();
  await under.quiet();
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[next, 'operator']]);
});

test('nobody is refused because another one came meanwhile, however shortly after', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 4 });
  for (let n = 0; n < 4; n += 1) await under.opened();
  for (let turns = 0; turns < 2 * LIMITS.waitingForRoom; turns += 1) {
    await under.quiet();
    const one = under.initialize();
    for (let turn = 0; turn < turns; turn += 1) await null;
    const other = under.initialize();
    expect({ turns, one: (await one).status, other: (await other).status }).toEqual({
      turns,
      one: 200,
      other: 200,
    });
  }
  expect(under.reasons()).toHaveLength(4 * LIMITS.waitingForRoom);
});

test('so many wait for room, and no more', async () => {
  const most = LIMITS.waitingForRoom;
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: most + 10 });
  for (let n = 0; n < most + 10; n += 1) await under.opened(0);
  await under.quiet();
  const at = await Promise.all(Array.from({ length: most + 5 }, () => under.initialize()));
  const statuses = at.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(most);
  expect(statuses.filter((status) => status === 503)).toHaveLength(5);
  expect(under.reasons()).toHaveLength(most);
});

test('one that is being opened makes way for nobody: its client waits for it', async () => {
  let open: () => void = () => undefined;
  const opening = new Promise<void>((resolve) => {
    open = resolve;
  });
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 1, made: () => opening });
  const first = under.initialize();
  await under.bench.settle();
  expect((await under.initialize()).status).toBe(503);
  open();
  expect((await first).status).toBe(200);
  expect(under.reasons()).toEqual([]);
  // Then it is one as any other.
  await under.quiet();
  expect((await under.initialize()).status).toBe(200);
});

test('clients that are there do not end each other: younger than a minute, none makes way', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 5 });
  const at = await Promise.all(Array.from({ length: 30 }, () => under.initialize()));
  expect(at.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(at.filter(({ status }) => status === 503)).toHaveLength(25);
  const ids = at.filter(({ status }) => status === 200).map(({ id }) => id);
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  // They have no stream open, and call every now and then; a sixth one comes again and again.
  for (let n = 0; n < 5; n += 1) {
    await under.bench.advance(LIMITS.makesWayAfterMs - 2_000);
    expect((await under.initialize()).status).toBe(503);
    for (const id of ids) await messagesOf(await under.send('POST', id, list));
  }
  expect(under.reasons()).toEqual([]);
});

test('anonymous callers have no quota: nobody is ended for them', async () => {
  const under = quotaUnderTest({ durable: true, maxPerPrincipal: 1, principal: null });
  const at = [await under.initialize(), await under.initialize()];
  expect(at.map(({ status }) => status)).toEqual([200, 200]);
  expect(under.reasons()).toEqual([]);
  const session: Session = await under.bench.runtime.get(at[0]?.id ?? '');
  expect(handshakeOf(session.info().client)).not.toBeNull();
});
