import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndReason } from '../../../machines/index.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { openWork, quietRuntime } from '../fixture.ts';

/*
 * One session and one client that does what it likes, when it likes. What ends the session, and when, is
 * worked out a second time here, from the table of deadlines; the wheel may be late by one tick and never early.
 */

const DEADLINES = {
  idleAfterMs: 3_000,
  idleTimeoutMs: 9_000,
  heartbeatIntervalMs: 1_100,
  heartbeatMissed: 4,
  pausedTimeoutMs: 7_000,
  maxLifetimeMs: 40_000,
};
const WINDOW_MS = DEADLINES.heartbeatIntervalMs * DEADLINES.heartbeatMissed;
const TICK_MS = DEADLINES.heartbeatIntervalMs / 8;

const steps = fc.array(
  fc.record({
    act: fc.constantFrom('touch', 'beat', 'pause', 'resume', 'start', 'finish', 'nothing'),
    thenMs: fc.oneof(
      fc.integer({ min: 0, max: 700 }),
      fc.integer({ min: 0, max: 4_000 }),
      fc.integer({ min: 0, max: 12_000 }),
    ),
  }),
  { minLength: 1, maxLength: 25 },
);

/** What the table says of one session, in ms of a clock without gaps: both axes are one here. */
class Expected {
  quietSince: number;
  lastSign: number;
  pausedAt: number | null = null;
  watched: boolean;
  inFlight = 0;
  readonly #diesAt: number;

  constructor(now: number, watched: boolean) {
    this.quietSince = now;
    this.lastSign = now;
    this.watched = watched;
    this.#diesAt = now + DEADLINES.maxLifetimeMs;
  }

  /** The ends that threaten it, the nearest first. With work in flight even the lifetime has 30 s more. */
  ends(): { at: number; reason: EndReason }[] {
    const ends: { at: number; reason: EndReason }[] = [
      { at: this.#diesAt + (this.inFlight > 0 ? 30_000 : 0), reason: 'max-lifetime' },
    ];
    if (this.pausedAt !== null) {
      const at = this.pausedAt + DEADLINES.pausedTimeoutMs;
      // Work that has been given its 30 s at the end of the lifetime keeps them.
      const inGrace = this.inFlight > 0 && at >= this.#diesAt;
      if (!inGrace) ends.push({ at, reason: 'paused-timeout' });
    } else if (this.inFlight === 0) {
      ends.push({ at: this.quietSince + DEADLINES.idleTimeoutMs, reason: 'idle-timeout' });
      // Who waited for an answer has the whole window from that answer on.
      const heardOf = Math.max(this.lastSign, this.quietSince);
      if (this.watched) ends.push({ at: heardOf + WINDOW_MS, reason: 'heartbeat-lost' });
    }
    return ends.sort((a, b) => a.at - b.at);
  }
}

test('no deadline is early, none is overshot by more than a tick, and each gives its own reason', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.boolean(),
      fc.integer({ min: 0, max: 500 }),
      async (script, required, startMs) => {
        const clock = createVirtualClock();
        const { runtime } = quietRuntime({ deadlines: DEADLINES }, clock);
        await clock.advance(startMs);
        const session = await runtime.create({ beats: required ? 'required' : 'first' });
        const table = new Expected(clock.mono(), required);
        const running: ReturnType<typeof openWork>[] = [];
        let heldUntil = 0;

        const check = (): boolean => {
          const now = clock.mono();
          const ends = table.ends();
          const nearest = ends[0]?.at ?? Number.POSITIVE_INFINITY;
          const { reason, endedAt } = session.info();
          if (reason === null) {
            // Work that ended after its session's time leaves a tick from there.
            expect(now).toBeLessThanOrEqual(Math.max(nearest, heldUntil) + TICK_MS);
            const quiet = table.pausedAt === null && table.inFlight === 0;
            const since = now - table.quietSince;
            if (quiet && since > DEADLINES.idleAfterMs + TICK_MS)
              expect(session.state).toBe('idle');
            if (since < DEADLINES.idleAfterMs) expect(session.state).not.toBe('idle');
            return true;
          }
          const at = now - (clock.wall() - (endedAt ?? 0));
          expect(at).toBeGreaterThanOrEqual(nearest);
          expect(at).toBeLessThanOrEqual(Math.max(nearest, heldUntil) + TICK_MS);
          const due = ends.filter((end) => end.at <= at).map((end) => end.reason);
          expect(due).toContain(reason);
          return false;
        };

        for (const { act, thenMs } of script) {
          const now = clock.mono();
          if (act === 'touch') await session.touch();
          if (act === 'beat') session.beat();
          if (act === 'pause') await session.pause();
          if (act === 'resume') await session.resume().catch(() => undefined);
          if (act === 'start' && table.pausedAt === null) {
            const work = openWork(session, { timeoutMs: 'off' });
            await clock.settle();
            if (session.info().inFlight > running.length) running.push(work);
          }
          if (act === 'finish') {
            const work = running.shift();
            if (work !== undefined) {
              work.finish('done');
              table.quietSince = now;
              heldUntil = now;
            }
          }
          await clock.settle();
          if (act === 'touch' || act === 'beat' || act === 'start') {
            const refused = act === 'start' && session.info().inFlight === table.inFlight;
            if (!refused) table.lastSign = now;
            if (act !== 'beat' && !refused && table.pausedAt === null) table.quietSince = now;
            if (act === 'beat') table.watched = true;
          }
          if (session.state === 'paused') table.pausedAt ??= now;
          else if (table.pausedAt !== null) {
            table.pausedAt = null;
            table.quietSince = now;
            table.lastSign = now;
          }
          table.inFlight = session.info().inFlight;
          await clock.advance(thenMs);
          if (!check()) return;
        }
        await clock.advance(80_000);
        for (const { finish } of running) finish('done');
        await clock.advance(80_000);
        expect(session.state).toBe('terminated');
      },
    ),
    { numRuns: 300 },
  );
});
