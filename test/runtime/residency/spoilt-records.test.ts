import { describe, expect, test } from 'vitest';
import { SessionUnreadableError } from '../../../src/index.ts';
import { rejectionOf } from '../fixture.ts';
import { after as answered, crash, durableRuntime, processOver, REST_MS } from './fixture.ts';
import { errorsIn, NEEDS } from './newer-record.ts';
import { behind, SPOILT, spoil } from './spoilt-records.ts';

// A row that is not what this version writes is in nobody's way but its own.

const SHORT = { idleTimeoutMs: 39_000, pausedTimeoutMs: 39_000, maxLifetimeMs: 40_000 };

/** Two stored sessions of ada's that a process left; the lifetime of both is over soon. */
const left = async () => {
  const process = durableRuntime({ deadlines: SHORT });
  const { clock, runtime } = process;
  const bad = await answered(clock, runtime.create({ principal: 'ada' }), 5);
  const good = await answered(clock, runtime.create({ principal: 'ada' }), 5);
  await clock.advance(10_000 + REST_MS + 600);
  expect(bad.info().residency).toBe('stored');
  crash(process);
  return { clock, disk: process.disk, bad: bad.id, good: good.id };
};

describe.each(SPOILT)('a record %s', (_what, change, reason) => {
  test('keeps the sweep from nobody else: all their deadlines are honoured', async () => {
    const parts = await left();
    const { clock, disk, bad, good } = parts;
    await spoil(parts, bad, change);
    const { runtime, events } = processOver(parts);
    const session = await answered(clock, runtime.get(good));
    await clock.advance(60_000);
    expect(session.info()).toMatchObject({ state: 'terminated', reason: 'max-lifetime' });
    expect(disk.records().find(({ id }) => id === bad)).toMatchObject({ id: bad, ...change });
    // Once, with its id.
    expect(errorsIn(events)).toMatchObject([
      {
        where: `a stored deadline of ${bad}`,
        error: { code: 'ERR_HOLDFAST_UNREADABLE', reason: expect.stringMatching(reason) },
      },
    ]);
  });

  test('is given a reference that says it, and listed; nothing is done with it', async () => {
    const parts = await left();
    const { clock, disk, bad, good } = parts;
    await spoil(parts, bad, change);
    const before = disk.records();
    const { runtime } = processOver(parts);
    const session = await answered(clock, runtime.get(bad), 5);
    const known = { id: bad, principal: 'ada', state: 'idle', createdAt: 0, metadata: {} };
    expect(session.info()).toMatchObject({ ...known, unreadable: expect.stringMatching(reason) });
    expect(session.actor.getSnapshot().value).toBe('idle');
    const { sessions } = await answered(clock, runtime.list(), 5);
    expect(new Set(sessions.map(({ id }) => id))).toEqual(new Set([good, bad]));
    expect(sessions).toContainEqual(session.info());
    const calls: typeof NEEDS = {
      ...NEEDS,
      terminate: () => session.terminate(),
      messages: () => session.messages(),
      purge: () => runtime.purge(bad),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await rejectionOf(answered(clock, call(session), 5));
      const code = name === 'purge' ? 'ERR_HOLDFAST_NOT_ENDED' : 'ERR_HOLDFAST_UNREADABLE';
      expect(error, name).toMatchObject({ code });
    }
    expect(disk.records()).toEqual(before);
  });
});

test('one that is spoilt while it is known here is given up again', async () => {
  const process = durableRuntime();
  const { clock, disk, runtime } = process;
  const made = await answered(clock, runtime.create({ principal: 'ada' }));
  await clock.advance(10_000 + REST_MS + 600);
  crash(process);
  const spoilt = behind(disk, (store) => ({
    claim: async (id, owner) => {
      const record = await store.claim(id, owner);
      const nothing = { schema: 0, session: null, snapshot: null } as unknown as object;
      return record === null ? null : { ...record, ...nothing };
    },
  }));
  const { runtime: next } = processOver({ clock, disk: spoilt });
  const session = await answered(clock, next.get(made.id));
  expect(session.info().unreadable).toBeNull();
  expect(await rejectionOf(answered(clock, session.touch()))).toBeInstanceOf(
    SessionUnreadableError,
  );
  expect(disk.records()).toMatchObject([{ owner: null, state: 'idle' }]);
});

test('whatever else goes wrong with one is told once, with its id', async () => {
  const parts = await left();
  const { clock, disk, bad, good } = parts;
  const throwing = behind(disk, (store) => ({
    dueBefore: async (...asked) =>
      (await store.dueBefore(...asked)).map((record) =>
        Object.defineProperty({ ...record }, 'session', {
          get: () => {
            if (record.id === bad) throw new Error('on purpose');
            return record.session;
          },
        }),
      ),
  }));
  const { runtime, events } = processOver({ clock, disk: throwing });
  await clock.advance(60_000);
  expect(errorsIn(events)).toMatchObject([
    { where: `a stored deadline of ${bad}`, error: { message: 'on purpose' } },
  ]);
  const session = await answered(clock, runtime.get(good));
  expect(session.info()).toMatchObject({ state: 'terminated', reason: 'max-lifetime' });
});
