import { expect, test } from 'vitest';
import { temporaryFolder } from '../cli/holdfast-process.ts';
import { Remote, until } from './remote.ts';

/*
 * An hour without a process, or a wall clock that was stepped while there was none: real processes and a real disk, one
 * process whose wall clock differs by an hour. What a silence deadline gets is a lower bound of its own events; nothing
 * here is held against how fast the machine is.
 */

const REAL_PROCESSES = { timeout: 60_000 };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The fresh window: three missed beats. */
const WINDOW_MS = 3_000;
const DEADLINES = {
  idleAfterMs: 1_000,
  idleTimeoutMs: 20 * MINUTE,
  heartbeatIntervalMs: 1_000,
  heartbeatMissed: 3,
  pausedTimeoutMs: 30 * MINUTE,
  maxLifetimeMs: 90 * MINUTE,
  hibernateAfterMs: 50,
};

test(
  'after an hour without a process, silence has a fresh window, and promises of time are kept late',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const settings = { deadlines: DEADLINES, sweepIntervalMs: 200 };
    const first = await Remote.start(home, settings);
    const silent = await first.create();
    const alive = await first.create();
    const paused = await first.create();
    await first.tell({ do: 'pause', id: paused });
    await first.kill();

    const second = await Remote.start(home, { ...settings, offsetMs: HOUR });
    // Whoever comes within the window goes on.
    await second.tell({ do: 'touch', id: alive });
    const gap = await second.hears('gap');
    expect(gap.detail).toBe('downtime');
    // Paused for longer than it may be: a promise of the wall clock.
    expect((await second.hears('ended', paused)).detail).toBe('paused-timeout');
    const end = await second.hears('ended', silent);
    expect(end.detail).toBe('idle-timeout');
    expect(end.at - gap.at).toBeGreaterThanOrEqual(WINDOW_MS - 1);
    expect((await second.look(alive)).reason).toBeNull();
    expect(await second.problems()).toEqual([]);
  },
);

test(
  'a lifetime that was over meanwhile ends every session, in turns, and none is woken for it',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const deadlines = { ...DEADLINES, maxLifetimeMs: 40 * MINUTE };
    const first = await Remote.start(home, { deadlines });
    await first.tell({ do: 'create-many', count: 300 });
    await until(async () => (await first.counts()).resident === 0);
    await first.kill();

    const second = await Remote.start(home, { deadlines, offsetMs: HOUR, sweepIntervalMs: 100 });
    await until(async () => (await second.counts()).ended['max-lifetime'] === 300);
    const { woken, resident, stored, ended, mostClaims } = await second.counts();
    expect({ woken, resident, stored, ended }).toEqual({
      woken: 0,
      resident: 0,
      stored: 0,
      ended: { 'max-lifetime': 300 },
    });
    expect(mostClaims).toBeGreaterThan(1);
    expect(mostClaims).toBeLessThanOrEqual(64);
  },
);

test(
  '1,000 sessions sleep through a start an hour later; one whose delay is over is woken',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const first = await Remote.start(home, {
      deadlines: { idleAfterMs: 50, hibernateAfterMs: 50 },
    });
    await first.tell({ do: 'create-many', count: 1_000 });
    const alarm = await first.create({ behaviour: 'alarm' });
    await until(async () => (await first.counts()).resident === 0);
    await first.kill();

    const early = await Remote.start(home, { sweepIntervalMs: 100 });
    // Several sweeps, and nothing is due.
    await early.create();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await early.counts()).toMatchObject({ woken: 0, resident: 1, stored: 1_001, ended: {} });
    await early.kill();

    const late = await Remote.start(home, { sweepIntervalMs: 100, offsetMs: HOUR });
    await until(async () => (await late.counts()).woken === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await late.counts()).toMatchObject({ woken: 1, stored: 1_001, ended: {} });
    expect((await late.look(alarm)).state).not.toBe('terminated');
    expect(await late.problems()).toEqual([]);
  },
);

test('a wall clock that was put back by an hour gives no time twice', REAL_PROCESSES, async () => {
  const home = temporaryFolder();
  const settings = {
    deadlines: { idleAfterMs: 500, idleTimeoutMs: 4_000, maxLifetimeMs: 4_000 },
    sweepIntervalMs: 100,
  };
  const first = await Remote.start(home, settings);
  const id = await first.create();
  await first.kill();

  const second = await Remote.start(home, { ...settings, offsetMs: -HOUR });
  expect((await second.hears('gap')).detail).toBe('wall-behind');
  // Put back, its lifetime would be over in an hour: longer than this test is waited for.
  expect((await second.hears('ended', id)).detail).toBe('max-lifetime');
  await second.kill();

  // The clock is right again: nothing is lost, and nothing ends for it.
  const third = await Remote.start(home, { sweepIntervalMs: 100 });
  expect(await third.look(id)).toMatchObject({ state: 'terminated', reason: 'max-lifetime' });
});

test(
  'a clock an hour ahead, and right again at the next start, ends nobody who is not silent',
  REAL_PROCESSES,
  async () => {
    const home = temporaryFolder();
    const first = await Remote.start(home, { deadlines: DEADLINES });
    const id = await first.create();
    await first.kill();
    const ahead = await Remote.start(home, { deadlines: DEADLINES, offsetMs: HOUR });
    await ahead.tell({ do: 'touch', id });
    await ahead.kill();

    const right = await Remote.start(home, { deadlines: DEADLINES, sweepIntervalMs: 100 });
    expect((await right.hears('gap')).detail).toBe('wall-behind');
    await right.tell({ do: 'touch', id });
    expect((await right.look(id)).reason).toBeNull();
    expect(await right.problems()).toEqual([]);
  },
);
