import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { handshakeOf } from '../../../src/mcp/sessions/handshake.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import type { LegRuntime } from '../../../src/mcp/sessions/options.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { call, INITIALIZE, messagesOf } from './endpoint-under-test.ts';
import { Reading } from './reading.ts';

// A client of this protocol seldom says that it leaves. Who has connected as often as it may is not locked out for it.

const HEADERS = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

interface Given {
  readonly durable: boolean;
  readonly maxPerPrincipal: number;
  readonly principal?: string | null;
  /** What happens once the sessions were listed. */
  readonly listed?: (runtime: Runtime) => Promise<void>;
  /** The factory waits for it. */
  readonly made?: () => Promise<void>;
}

/** The runtime, with something that happens once its sessions were listed. */
const listing = (runtime: Runtime, listed: (runtime: Runtime) => Promise<void>): LegRuntime => ({
  deadlines: runtime.deadlines,
  subscribe: (listener) => runtime.subscribe(listener),
  as: (principal) => {
    const own = runtime.as(principal);
    return {
      principal,
      create: (options) => own.create(options),
      getOrCreate: (options) => own.getOrCreate(options),
      get: (id) => own.get(id),
      list: async (options) => {
        const page = await own.list(options);
        await listed(runtime);
        return page;
      },
      terminate: (id, reason) => own.terminate(id, reason),
      terminateAll: (reason) => own.terminateAll(reason),
      validate: (id) => own.validate(id),
    };
  },
});

const underTest = ({ durable, maxPerPrincipal, principal = 'ada', made, listed }: Given) => {
  const clock = createVirtualClock({ traced: true });
  const disk = createSimulatedDisk({ clock, syncMs: 0 });
  const idleAfterMs = 10_000;
  const bench = createTestRuntime({
    clock,
    ...(durable ? { disk } : {}),
    maxPerPrincipal,
    deadlines: durable
      ? { idleAfterMs, hibernateAfterMs: 5_000, idleTimeoutMs: 3_600_000 }
      : { idleAfterMs, idleTimeoutMs: 3_600_000 },
  });
  const answers: (() => void)[] = [];
  const endpoint = createMcpSessions({
    runtime: listed === undefined ? bench.runtime : listing(bench.runtime, listed),
    clock,
    answers: 'stream',
    authenticate: () => principal,
    server: async () => {
      await made?.();
      const server = new McpServer({ name: 'under-test', version: '1.0.0' });
      server.registerTool('hold', {}, () => {
        return new Promise((resolve) => {
          answers.push(() => resolve({ content: [] }));
        });
      });
      return server;
    },
  });
  onTestFinished(async () => {
    for (const answer of answers) answer();
    await endpoint.close();
    await bench.close();
    await bench.settle();
    bench.expectNoLeaks();
  });
  const send = (method: string, id: string | null, body?: unknown): Promise<Response> =>
    endpoint.fetch(
      new Request('http://localhost/mcp', {
        method,
        headers: { ...HEADERS, ...(id === null ? {} : { 'mcp-session-id': id }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const initialize = async () => {
    const response = await send('POST', null, INITIALIZE);
    await response.clone().text();
    return { response, status: response.status, id: response.headers.get('mcp-session-id') ?? '' };
  };
  /** One that was opened so much before the next one. */
  const opened = async (apartMs = 1_000): Promise<string> => {
    const { id, status } = await initialize();
    expect(status).toBe(200);
    await bench.advance(apartMs);
    return id;
  };
  const reasons = () =>
    bench.events
      .filter((event) => event.type === 'session.ended')
      .map(({ id, reason }) => [id, reason]);
  const residency = async (id: string) => (await bench.runtime.get(id)).info().residency;
  return { bench, send, initialize, opened, reasons, residency, answers };
};

test('over a durable store: the one that has been quiet for the longest makes way, stored as it is', async () => {
  const under = underTest({ durable: true, maxPerPrincipal: 3 });
  const [oldest, middle, newest] = [
    await under.opened(),
    await under.opened(),
    await under.opened(),
  ];
  // Its client came back.
  await under.send('POST', oldest, { jsonrpc: '2.0', method: 'notifications/initialized' });
  await under.bench.advance(20_000);
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
  const under = underTest({ durable: false, maxPerPrincipal: 2 });
  const [oldest] = [await under.opened(), await under.opened()];
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[oldest, 'operator']]);
});

test('never one with work in flight, with an open stream, or that was set aside', async () => {
  const under = underTest({ durable: true, maxPerPrincipal: 5 });
  const busy = await under.opened();
  const calling = await under.send('POST', busy, call(1, 'hold'));
  const [storedListener, aside] = [await under.opened(), await under.opened()];
  const readings = [new Reading(await under.send('GET', storedListener))];
  await (await under.bench.runtime.get(aside)).pause();
  await under.bench.advance(20_000);
  expect(await under.residency(storedListener)).toBe('stored');
  const listener = await under.opened();
  readings.push(new Reading(await under.send('GET', listener)));
  const quiet = await under.opened();
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[quiet, 'operator']]);
  under.answers[0]?.();
  await messagesOf(calling);
  expect(readings.map(({ ended }) => ended)).toEqual([false, false]);
  await Promise.all(readings.map((reading) => reading.leave()));
});

test('never a handle or a session of the application: 503, and no promise that a second helps', async () => {
  const under = underTest({ durable: true, maxPerPrincipal: 3 });
  const { runtime } = under.bench;
  const client = { name: 'tester', version: '1.0.0' };
  const handshaken = { ...client, metadata: { mcp: { protocolVersion: '2025-11-25' } } };
  const ours = [
    await runtime.create({ principal: 'ada', client, metadata: { handle: 'cart' } }),
    await runtime.create({ principal: 'ada' }),
    await runtime.getOrCreate({ principal: 'ada', key: 'mine', client: handshaken }),
  ];
  await under.bench.advance(20_000);
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
    const under = underTest({ durable, maxPerPrincipal: 7 });
    const before: string[] = [];
    for (let n = 0; n < 7; n += 1) before.push(await under.opened());
    const at = await Promise.all(Array.from({ length: 5 }, under.initialize));
    expect(at.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(under.reasons().map(([id]) => id)).toEqual(before.slice(0, 5));
    const { sessions } = await under.bench.runtime.as('ada').list();
    const live = sessions.filter(({ state }) => state !== 'terminated').map(({ id }) => id);
    expect(live.sort()).toEqual([...before.slice(5), ...at.map(({ id }) => id)].sort());
  },
);

test('room that was given back meanwhile is taken before anybody is ended', async () => {
  const under = underTest({ durable: true, maxPerPrincipal: 2 });
  const [first, second] = [await under.opened(), await under.opened()];
  const deleted = under.send('DELETE', second);
  const at = await Promise.all([under.initialize(), deleted]);
  expect(at[0].status).toBe(200);
  expect(under.reasons()).toEqual([[second, 'client']]);
  expect((await under.bench.runtime.get(first)).state).not.toBe('terminated');
});

test('whose client comes back in the very moment is not ended: the next one is', async () => {
  let oldest = '';
  const listed = async (runtime: Runtime) => (await runtime.get(oldest)).touch();
  const under = underTest({ durable: true, maxPerPrincipal: 2, listed });
  oldest = await under.opened();
  const next = await under.opened();
  expect((await under.initialize()).status).toBe(200);
  expect(under.reasons()).toEqual([[next, 'operator']]);
});

test('nobody is refused because another one came meanwhile, however shortly after', async () => {
  const under = underTest({ durable: true, maxPerPrincipal: 4 });
  for (let n = 0; n < 4; n += 1) await under.opened();
  for (let turns = 0; turns < 2 * LIMITS.waitingForRoom; turns += 1) {
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
  const under = underTest({ durable: true, maxPerPrincipal: most + 10 });
  for (let n = 0; n < most + 10; n += 1) await under.opened(0);
  const at = await Promise.all(Array.from({ length: most + 5 }, under.initialize));
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
  const under = underTest({ durable: true, maxPerPrincipal: 1, made: () => opening });
  const first = under.initialize();
  await under.bench.settle();
  expect((await under.initialize()).status).toBe(503);
  open();
  expect((await first).status).toBe(200);
  expect(under.reasons()).toEqual([]);
  // Then it is one as any other.
  expect((await under.initialize()).status).toBe(200);
});

test('anonymous callers have no quota: nobody is ended for them', async () => {
  const under = underTest({ durable: true, maxPerPrincipal: 1, principal: null });
  const at = [await under.initialize(), await under.initialize()];
  expect(at.map(({ status }) => status)).toEqual([200, 200]);
  expect(under.reasons()).toEqual([]);
  const session: Session = await under.bench.runtime.get(at[0]?.id ?? '');
  expect(handshakeOf(session.info().client)).not.toBeNull();
});
