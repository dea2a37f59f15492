import { expect, test } from 'vitest';
import { registryMachine, sessionMachine } from '../../machines/index.ts';
import { createRuntime, InvalidOptionError, SessionNotFoundError } from '../../src/index.ts';
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { openRuntime, quietRuntime, rejectionOf, toldOf } from './fixture.ts';

test('a runtime needs nothing: on the system clock and the memory store it just works', async () => {
  const runtime = createRuntime();
  const session = await runtime.create({ principal: 'ada' });
  expect(session.state).toBe('active');
  expect(await session.run('add', () => 1 + 1)).toBe(2);
  expect(await runtime.terminate(session.id)).toBe('operator');
  expect(await runtime.close()).toMatchObject({ ended: 0, left: [] });
});

test('a runtime starts empty and accepting, and says which deadlines are in force', () => {
  const { runtime } = quietRuntime({ deadlines: { maxLifetimeMs: 60_000 } });
  expect(runtime.stats()).toMatchObject({
    state: 'accepting',
    resident: 0,
    created: 0,
    refused: 0,
    ended: {},
    ignored: 0,
  });
  expect(runtime.deadlines).toMatchObject({ maxLifetimeMs: 60_000, idleTimeoutMs: 60_000 });
  expect(runtime.deadlines.adjusted).toHaveLength(3);
});

test('the longer defaults hold where the store is durable', () => {
  const { runtime } = quietRuntime();
  const { context } = openRuntime();
  const store = createSimulatedDisk({ clock: context.clock }).open();
  const lasting = createRuntime({ store, clock: context.clock });
  expect(runtime.deadlines.idleTimeoutMs).toBe(60_000);
  expect(lasting.deadlines.idleTimeoutMs).toBe(24 * 3_600_000);
});

test('the registry can be looked at: its chart and what it counts', async () => {
  const { runtime } = quietRuntime({ maxResident: 1 });
  const session = await runtime.create();
  await rejectionOf(runtime.create());
  await session.terminate();
  expect(runtime.registry.logic).toBe(registryMachine);
  expect(session.actor.logic).toBe(sessionMachine);
  const { value, context } = runtime.registry.getSnapshot();
  expect([value, context]).toEqual([
    'accepting',
    { admitted: 1, refused: 1, exited: 1, crashed: 0 },
  ]);
  await runtime.close();
  expect(runtime.registry.getSnapshot().value).toBe('stopped');
});

test('inspect hears of the registry and of the sessions; what it throws is reported and hurts nobody', async () => {
  const heard: string[] = [];
  const { runtime, events } = quietRuntime({
    inspect: (event) => {
      if (event.type !== '@xstate.event') return;
      heard.push(event.event.type);
      if (event.event.type === 'session.pause') throw new Error('inspector');
    },
  });
  const session = await runtime.create();
  await session.pause();
  expect(heard).toEqual(
    expect.arrayContaining(['registry.admit', 'session.ready', 'session.pause']),
  );
  expect(session.state).toBe('paused');
  const reports = events.filter((event) => event.type === 'runtime.error');
  expect(reports.length).toBeGreaterThan(0);
  expect(reports[0]).toMatchObject({ where: 'inspect', error: new Error('inspector') });
});

test('a caller somebody forgot to look up is no anonymous one', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create({ principal: 'ada' });
  const request: { user?: string } = {};
  const forgotten = request.user as string; // As it comes from untyped code.
  expect(() => runtime.as(forgotten)).toThrow(InvalidOptionError);
  const errors = [
    await rejectionOf(runtime.create({ principal: forgotten })),
    await rejectionOf(runtime.list({ principal: forgotten })),
  ];
  for (const error of errors) {
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: 'principal', value: undefined });
  }
  expect(runtime.stats().resident).toBe(1);
  expect((await runtime.list()).sessions.map(({ id }) => id)).toEqual([session.id]);
});

test.each(['', 'x'.repeat(257), 5, {}, Number.NaN])('%j is no caller', async (principal) => {
  const { runtime } = quietRuntime();
  const given = principal as string;
  expect(() => runtime.as(given)).toThrow(InvalidOptionError);
  const errors = [
    await rejectionOf(runtime.create({ principal: given })),
    await rejectionOf(runtime.list({ principal: given })),
  ];
  for (const error of errors) expect(error).toMatchObject({ option: 'principal' });
});

test('the runtime ends a session as the operator, a caller its own as the client', async () => {
  const { runtime } = quietRuntime();
  const ids: string[] = [];
  for (let made = 0; made < 4; made += 1) {
    ids.push((await runtime.create({ principal: 'ada' })).id);
  }
  const [a = '', b = '', c = '', d = ''] = ids;
  expect(await runtime.terminate(a)).toBe('operator');
  expect(await runtime.terminate(b, 'client')).toBe('client');
  expect(await runtime.as('ada').terminate(c)).toBe('client');
  expect(await runtime.as('ada').terminate(d, 'operator')).toBe('operator');
  expect(await runtime.as('ada').terminate(a)).toBe('operator');
  expect(await rejectionOf(runtime.as('bob').terminate(a))).toBeInstanceOf(SessionNotFoundError);
});

test.each(['shutdown', 'crashed', '', 7])('nobody can end a session by %j', async (reason) => {
  const { runtime } = quietRuntime();
  const { id } = await runtime.create({ principal: 'ada' });
  for (const caller of [runtime, runtime.as('ada')]) {
    const error = await rejectionOf(caller.terminate(id, reason as 'client'));
    expect(error).toMatchObject({ code: 'ERR_HOLDFAST_INVALID_OPTION', option: 'reason' });
  }
  expect((await runtime.get(id)).state).toBe('active');
});

test('one subscription hears all sessions and the runtime itself, in one order', async () => {
  const { runtime, events } = quietRuntime();
  const [ada, bob] = [await runtime.create({ principal: 'ada' }), await runtime.create()];
  await ada.terminate();
  const late: string[] = [];
  const stop = runtime.subscribe((event) => late.push(event.type));
  await runtime.close();
  stop();
  expect(toldOf(events, ada.id)).toHaveLength(6);
  expect(toldOf(events, bob.id)).toHaveLength(6);
  expect(late).toEqual([
    'runtime.draining',
    'session.state-changed',
    'session.state-changed',
    'session.ended',
  ]);
});

test('what it counts is what happened', async () => {
  const { runtime } = quietRuntime({ maxResident: 2 });
  const first = await runtime.create();
  await runtime.create();
  await rejectionOf(runtime.create());
  await first.terminate();
  await runtime.create();
  expect(runtime.stats()).toMatchObject({
    state: 'accepting',
    resident: 2,
    created: 3,
    refused: 1,
    ended: { client: 1 },
    ignored: 0,
  });
  const stats = runtime.stats();
  (stats.ended as Record<string, number>)['client'] = 99;
  expect(runtime.stats().ended).toEqual({ client: 1 });
});

test('two runtimes in one process know nothing of each other', async () => {
  const [here, there] = [quietRuntime(), quietRuntime()];
  const session = await here.runtime.create({ principal: 'ada' });
  expect(await rejectionOf(there.runtime.get(session.id))).toBeInstanceOf(SessionNotFoundError);
  await there.runtime.close();
  await session.pause();
  expect(session.state).toBe('paused');
});
