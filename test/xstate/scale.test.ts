import type { SchedulerAction, SchedulerLike } from 'rxjs';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';
import { createRegistry } from '../../src/xstate/registry-logic.ts';
import { delayedLogic, inputOf } from './registry-under-test.ts';

const SESSIONS = 64_000;

const room = (resident: number) => ({
  resident,
  maxResident: SESSIONS,
  ofPrincipal: 0,
  maxPerPrincipal: 1,
});

/** A clock that counts what is scheduled and what is taken back. */
const countingClock = () => {
  const clock = createVirtualClock();
  const counts = { scheduled: 0, takenBack: 0 };
  const scheduler: SchedulerLike = {
    now: () => clock.mono(),
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T) {
      counts.scheduled += 1;
      const subscription = clock.scheduler.schedule(work, delay, state);
      subscription.add(() => {
        counts.takenBack += 1;
      });
      return subscription;
    },
  };
  return {
    clock: { mono: () => clock.mono(), wall: () => clock.wall(), scheduler },
    counts,
    virtual: clock,
  };
};

test('64,000 sessions with a timer each: exactly one piece of work a spawn and a stop, nothing left', () => {
  const { clock, counts, virtual } = countingClock();
  const inspected = new Map<string, number>();
  const registry = createRegistry({
    clock,
    logic: delayedLogic(60_000),
    inspect: ({ type }) => inspected.set(type, (inspected.get(type) ?? 0) + 1),
  });
  registry.start();
  registry.send({ type: 'registry.ready' });
  inspected.clear();

  for (let n = 0; n < SESSIONS; n++) registry.spawn(`ses_${n}`, inputOf(`ses_${n}`), room(n));
  expect(registry.size).toBe(SESSIONS);
  expect([registry.delayedEvents.size, virtual.pending]).toEqual([SESSIONS, SESSIONS]);
  expect(counts).toEqual({ scheduled: SESSIONS, takenBack: 0 });
  expect(Object.keys(registry.actor.getSnapshot().children)).toEqual([]);
  // One event of the registry and one of the child for each: nobody else is told of a spawn.
  expect(inspected.get('@xstate.actor')).toBe(SESSIONS);
  expect(inspected.get('@xstate.event')).toBe(2 * SESSIONS);
  expect(inspected.get('@xstate.snapshot')).toBe(2 * SESSIONS);
  expect(registry.spawn('one too many', inputOf('one too many'), room(SESSIONS))).toBe(null);

  inspected.clear();
  for (const id of registry.ids()) registry.stop(id);
  expect(counts).toEqual({ scheduled: SESSIONS, takenBack: SESSIONS });
  expect([registry.size, registry.delayedEvents.size, virtual.pending]).toEqual([0, 0, 0]);
  expect(inspected.get('@xstate.event')).toBe(SESSIONS);
  expect(registry.actor.getSnapshot()).toMatchObject({
    children: {},
    context: { admitted: SESSIONS, refused: 1, exited: SESSIONS, crashed: 0 },
  });
});
