import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createWebSocketInspector } from '@statelyai/inspect';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { registryMachine, SESSION_STATES, sessionMachine } from '../../machines/index.ts';
import { createRuntime } from '../../src/index.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { readWire } from './inspector-wire.ts';

// Stately's own WebSocket inspector, over a real socket: what comes off the wire is what its page draws from.

/** An inspector that is connected, the runtime it looks into, and the far end of its socket. */
const inspectedRuntime = async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` });
  const [socket]: WebSocket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('connected without a socket');
  const clock = createVirtualClock();
  const runtime = createRuntime({
    clock,
    inspect: inspector.inspect,
    deadlines: { idleAfterMs: 10_000, idleTimeoutMs: 60_000 },
  });
  const wire = readWire(socket);
  /** Ends all of it, each part in its own way, and waits until it is gone. */
  const over = async (): Promise<void> => {
    await runtime.close();
    inspector.stop();
    if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
    await closed(server);
  };
  return { server, socket, wire, clock, runtime, over };
};

const closed = (server: WebSocketServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });

/** How many sockets and listening ports this process holds. */
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

test('it sees the registry, and every session under it with its chart', async () => {
  const { wire, runtime, over } = await inspectedRuntime();
  const sessions = [
    await runtime.create({ principal: 'ada' }),
    await runtime.create({ principal: 'ada' }),
    await runtime.create(),
  ];
  await wire.until(() => sessions.every(({ id }) => wire.messages.some((it) => it.name === id)));

  const registry = wire.actor('registry');
  expect(registry.parentId).toBeUndefined();
  expect(JSON.parse(registry.definition ?? '')).toEqual(plain(registryMachine.config));
  for (const { id } of sessions) {
    const actor = wire.actor(id);
    expect(actor).toMatchObject({ parentId: registry.sessionId, rootId: registry.sessionId });
    const chart = JSON.parse(actor.definition ?? '');
    expect(Object.keys(chart.states).sort()).toEqual([...SESSION_STATES].sort());
    expect(chart.states).toEqual(plain(sessionMachine.config.states));
  }
  expect(wire.messages.filter(({ type }) => type === '@xstate.actor')).toHaveLength(4);
  await over();
});

test('it sees every state as it is entered, each life up to its end', async () => {
  const { wire, clock, runtime, over } = await inspectedRuntime();
  const worked = await runtime.create({ principal: 'ada' });
  const paused = await runtime.create({ principal: 'ben' });
  const left = await runtime.create();
  await left.terminate('client');
  await paused.pause();
  await clock.advance(10_500);
  await worked.touch();
  await paused.resume();
  await clock.advance(60_500);
  await runtime.close();
  await wire.until(() => wire.states('registry').at(-1) === 'stopped');

  expect(wire.states('registry')).toEqual(['starting', 'accepting', 'draining', 'stopped']);
  const end = ['terminating', 'terminated'];
  expect(wire.states(left.id)).toEqual(['initializing', 'active', ...end]);
  expect(wire.states(worked.id)).toEqual([
    ...['initializing', 'active', 'idle', 'active', 'idle', ...end],
  ]);
  expect(wire.states(paused.id)).toEqual([
    ...['initializing', 'active', 'paused', 'active', 'idle', ...end],
  ]);
  const last = (id: string) => wire.snapshots(id).at(-1);
  expect(last(left.id)).toMatchObject({ status: 'done', output: { reason: 'client' } });
  expect(last(worked.id)).toMatchObject({ status: 'done', output: { reason: 'idle-timeout' } });
  expect(wire.snapshots('registry').at(-1)).toMatchObject({
    status: 'done',
    context: { admitted: 3, exited: 3, crashed: 0 },
  });
  await over();
});

test('when the inspector goes away, the sessions go on', async () => {
  const { server, socket, wire, runtime, over } = await inspectedRuntime();
  const session = await runtime.create();
  await wire.until(() => wire.messages.some((it) => it.name === session.id));
  socket.close();
  await closed(server);

  await session.pause();
  expect(session.state).toBe('paused');
  expect(await session.terminate()).toBe('client');
  await over();
});

test('nothing stays open afterwards', async () => {
  const before = openSockets();
  const { wire, clock, runtime, over } = await inspectedRuntime();
  const session = await runtime.create();
  await wire.until(() => wire.messages.some((it) => it.name === session.id));
  expect(openSockets()).toBeGreaterThan(before);

  await over();
  // The inspector's own end is the last to go, a few turns later. Where it stays, the test runs out of time.
  while (openSockets() > before) await turnOfTheLoop();
  expect(clock.pending).toBe(0);
});

/** As it comes out of JSON: what a chart computes, such as its context, is not drawn. */
function plain(config: unknown): unknown {
  return JSON.parse(
    JSON.stringify(config, (_key, value) =>
      typeof value === 'function' ? { type: value.name } : value,
    ),
  );
}
