import { describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import { type BehaviourSpec, SessionUnreadableError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after as answered, crash, durableRuntime, processOver, REST_MS } from './fixture.ts';
import { errorsIn, NEEDS } from './newer-record.ts';

/** It counts, and does something by itself after 40 s. */
const machine = setup({
  types: { context: {} as { n: number }, events: {} as { type: 'count' } },
  delays: { soon: 40_000 },
}).createMachine({
  id: 'counter',
  context: { n: 0 },
  initial: 'open',
  on: { count: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
  states: { open: { after: { soon: 'late' } }, late: {} },
});

const other = setup({}).createMachine({ id: 'other' });
const V2: BehaviourSpec = { logic: machine, version: 2 };

/** What the next process has registered under that name, and what it says of it. */
const WAYS: readonly (readonly [string, Readonly<Record<string, BehaviourSpec>>, RegExp])[] = [
  ['no such behaviour', { some: { logic: other } }, /"it" is not registered .*"some".*register it/],
  ['no behaviour at all', {}, /none is\): register it/],
  ['an older version', { it: { logic: machine } }, /in version 2, .* has version 1: deploy/],
  ['a version with no step', { it: { ...V2, version: 3 } }, /add migrate\[2\]/],
  [
    'a step that throws',
    {
      it: {
        ...V2,
        version: 3,
        migrate: {
          2: () => {
            throw new Error('on purpose');
          },
        },
      },
    },
    /migrate\[2\] failed/,
  ],
  [
    'a step that makes no JSON',
    { it: { ...V2, version: 3, migrate: { 2: () => ({ snapshot: () => 1, input: 1 }) } } },
    /migrate\[2\] failed/,
  ],
  ['another machine', { it: { logic: other, version: 2 } }, /machine "counter".*machine "other"/],
];

const AWAY_MS = 10_000 + REST_MS + 600;

/** A session of version 2 that a process left, put away, and another one beside it. */
const left = async (paused = false) => {
  const process = durableRuntime({ behaviours: { it: V2 } });
  const { clock, runtime } = process;
  const session = await answered(
    clock,
    runtime.create({ principal: 'ada', behaviour: 'it', beats: 'off' }),
  );
  await answered(clock, session.send({ type: 'count' }));
  if (paused) await answered(clock, session.pause());
  await clock.advance(AWAY_MS);
  expect(session.info().residency).toBe('stored');
  crash(process);
  return { process, id: session.id };
};

describe.each(WAYS)('with %s', (_what, behaviours, reason) => {
  test('a session stays stored, says why, and all that needs it rejects', async () => {
    const { process, id } = await left();
    const { clock, disk } = process;
    const before = disk.records();
    const { runtime, events } = processOver(process, { behaviours });
    const session = await answered(clock, runtime.get(id));
    expect(session.info()).toMatchObject({
      residency: 'stored',
      behaviour: 'it',
      state: 'idle',
      unreadable: expect.stringMatching(reason),
    });
    expect(session.info().unreadable?.match(/\. /)).toBeNull();
    const { sessions } = await answered(clock, runtime.list());
    expect(sessions).toEqual([session.info()]);
    expect(session.health()).toMatchObject({
      status: 'failing',
      problems: [session.info().unreadable],
    });
    for (const [name, call] of Object.entries(NEEDS)) {
      const error = await rejectionOf(answered(clock, call(session), 20));
      expect(error, name).toBeInstanceOf(SessionUnreadableError);
      expect(error).toMatchObject({
        code: 'ERR_HOLDFAST_UNREADABLE',
        retryable: false,
        reason: expect.stringMatching(reason),
      });
    }
    // Not even claimed.
    expect(disk.records()).toEqual(before);
    expect(runtime.stats()).toMatchObject({ resident: 0, woken: 0 });
    expect(runtime.validateAll()).toEqual([]);
    expect(errorsIn(events)).toEqual([]);
    expect(await answered(clock, session.messages())).toMatchObject({ messages: [] });
  });

  test('terminate ends it all the same', async () => {
    const { process, id } = await left();
    const { clock, disk } = process;
    const { runtime } = processOver(process, { behaviours });
    const session = await answered(clock, runtime.get(id));
    expect(await answered(clock, session.terminate())).toBe('client');
    expect(session.info()).toMatchObject({ behaviour: 'it', unreadable: null });
    expect(disk.records()).toMatchObject([
      { state: 'terminated', snapshot: null, session: { behaviour: 'it' } },
    ]);
  });
});

const OLDER = { behaviours: { it: { logic: machine } } } as const;

test('what a step threw is the cause', async () => {
  const { process, id } = await left();
  const [, behaviours] = WAYS[4] ?? ['', {}];
  const { runtime } = processOver(process, { behaviours });
  const session = await answered(process.clock, runtime.get(id));
  const error = await rejectionOf(answered(process.clock, session.touch()));
  expect(error).toMatchObject({ cause: { message: 'on purpose' } });
});

test('no silence ends it, and a delay that is due wakes it not once: that is told once', async () => {
  const { process, id } = await left();
  const { clock, disk } = process;
  const before = disk.records();
  const { runtime, events } = processOver(process, OLDER);
  // Its delay, its idleTimeout and many sweeps.
  await clock.advance(500_000);
  expect(disk.records()).toEqual(before);
  expect(runtime.stats().woken).toBe(0);
  expect(errorsIn(events)).toMatchObject([
    { where: `a stored deadline of ${id}`, error: { code: 'ERR_HOLDFAST_UNREADABLE' } },
  ]);
});

test('nor does a heartbeat that is missing', async () => {
  const process = durableRuntime({ behaviours: { it: V2 } });
  const { clock, runtime } = process;
  const made = await answered(clock, runtime.create({ behaviour: 'it', beats: 'required' }));
  await answered(clock, runtime.drain());
  const { runtime: next } = processOver(process, OLDER);
  const session = await answered(clock, next.get(made.id));
  session.beat();
  await clock.advance(300_000);
  expect(session.info()).toMatchObject({ state: 'idle', residency: 'stored' });
});

test('its lifetime ends it, to the tick', async () => {
  const { process, id } = await left();
  const { clock } = process;
  const { runtime } = processOver(process, OLDER);
  const session = await answered(clock, runtime.get(id));
  const { expiresAt } = session.info();
  await clock.advance(Number(expiresAt) - clock.wall() - 10);
  expect(session.state).toBe('idle');
  await clock.advance(300);
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'max-lifetime' });
});

test('so does the end of its pause', async () => {
  const { process, id } = await left(true);
  const { clock } = process;
  const { runtime } = processOver(process, OLDER);
  const session = await answered(clock, runtime.get(id));
  expect(session.info()).toMatchObject({ state: 'paused', unreadable: expect.any(String) });
  await clock.advance(120_000);
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'paused-timeout' });
});

test('the deadlines of the others are kept beside it', async () => {
  const { process } = await left();
  const { clock } = process;
  const { runtime } = processOver(process, OLDER);
  const beside = await answered(clock, runtime.create({ principal: 'bob' }), 10);
  await clock.advance(59_980);
  expect(beside.state).toBe('idle');
  await clock.advance(300);
  expect(beside.info()).toMatchObject({ state: 'terminated', reason: 'idle-timeout' });
});

test('a process that can read it goes on with it, and its delay comes', async () => {
  const { process, id } = await left();
  const { clock, disk } = process;
  const unable = processOver(process, OLDER);
  const seen = await answered(clock, unable.runtime.get(id));
  // What is heard of it is recorded, and costs it nothing.
  seen.beat();
  await clock.advance(45_000);
  await answered(clock, unable.runtime.drain());
  expect(disk.records()).toMatchObject([{ owner: null, snapshot: { machineVersion: 2 } }]);
  const { runtime, events } = processOver(process, { behaviours: { it: V2 } });
  await clock.advance(1_000);
  const session = await answered(clock, runtime.get(id));
  expect(session.info()).toMatchObject({ unreadable: null, residency: 'resident' });
  expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'late', context: { n: 1 } });
  expect(errorsIn(events)).toEqual([]);
});

test('what is recorded of it keeps what is stored of its behaviour, and when its delay is due', async () => {
  const { process, id } = await left();
  const { clock, disk } = process;
  const [before] = disk.records();
  const { runtime } = processOver(process, OLDER);
  const session = await answered(clock, runtime.get(id));
  session.beat();
  await answered(clock, runtime.drain());
  const [later] = disk.records();
  expect(later?.token).not.toBe(before?.token);
  expect(later?.snapshot).toEqual(before?.snapshot);
  expect(later?.due).toEqual({ at: before?.due?.at, deadline: 'delay' });
  expect(later?.session.behaviour).toBe('it');
});

test('a step that is mended while the process runs is tried again', async () => {
  const { process, id } = await left();
  const { clock } = process;
  let broken = true;
  const step: NonNullable<BehaviourSpec['migrate']>[number] = (kept) => {
    if (broken) throw new Error('not yet');
    return kept;
  };
  const behaviours = { it: { ...V2, version: 3, migrate: { 2: step } } };
  const { runtime } = processOver(process, { behaviours });
  const session = await answered(clock, runtime.get(id));
  expect(await rejectionOf(answered(clock, session.touch()))).toBeInstanceOf(
    SessionUnreadableError,
  );
  broken = false;
  await answered(clock, session.send({ type: 'count' }));
  expect(session.info().unreadable).toBeNull();
  expect(session.behaviour?.getSnapshot()).toMatchObject({ context: { n: 2 } });
});

test('nobody makes room for a session that is not woken', async () => {
  const { process, id } = await left();
  const { clock } = process;
  const { runtime } = processOver(process, { ...OLDER, maxResident: 1 });
  const resting = await answered(clock, runtime.create({ principal: 'bob' }));
  await clock.advance(11_000);
  expect(resting.info()).toMatchObject({ state: 'idle', residency: 'resident' });
  const session = await answered(clock, runtime.get(id));
  expect(await rejectionOf(answered(clock, session.touch()))).toBeInstanceOf(
    SessionUnreadableError,
  );
  expect(resting.info().residency).toBe('resident');
});

test('a snapshot that is none leaves the session unreadable', async () => {
  const { process, id } = await left();
  const { clock, disk } = process;
  const store = disk.open();
  const record = await answered(clock, store.load(id));
  if (record === null) throw new Error('It is not there.');
  await answered(clock, store.commit(record, { snapshot: { some: 'thing' } }));
  await answered(clock, store.close());
  const { runtime } = processOver(process, { behaviours: { it: V2 } });
  const session = await answered(clock, runtime.get(id));
  expect(session.info().unreadable).toMatch(/not what is written of one/);
  expect(await rejectionOf(answered(clock, session.touch()))).toBeInstanceOf(
    SessionUnreadableError,
  );
});
