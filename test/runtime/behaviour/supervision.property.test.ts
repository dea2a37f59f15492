import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LifecycleEvent, RestartPolicy } from '../../../src/index.ts';
import { behaving, viewOf, worker } from './behaviour-under-test.ts';

const EARLY_MS = 5_000;

interface Plan {
  readonly policy: RestartPolicy;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxFailures: number;
  readonly healthyAfterMs: number;
}

/** What the supervision of one behaviour must come to, said as plainly as possible. */
class Model {
  status: 'running' | 'restarting' | 'done' | 'failed' | 'ended' = 'running';
  incarnation = 1;
  n = 0;
  recorded: number | null = null;
  wait: { since: number; mostMs: number; fromInput: boolean } | null = null;
  #row = 0;
  #earlyRow = 0;
  #startedAt: number;
  #fromSnapshot = false;
  readonly #plan: Plan;

  constructor(plan: Plan, now: number) {
    this.#plan = plan;
    this.#startedAt = now;
  }

  add(): void {
    this.n += 1;
    this.recorded = this.n;
  }

  crash(now: number): void {
    const livedMs = now - this.#startedAt;
    this.status = 'failed';
    if (this.#plan.policy === 'temporary') return;
    this.#row = livedMs >= this.#plan.healthyAfterMs ? 1 : this.#row + 1;
    if (this.#row >= this.#plan.maxFailures) {
      this.status = 'ended';
      return;
    }
    this.#earlyRow = this.#fromSnapshot && livedMs < EARLY_MS ? this.#earlyRow + 1 : 0;
    const fromInput = this.#earlyRow === 2;
    if (fromInput) this.#earlyRow = 0;
    this.#restart(now, this.#plan.backoffMs * 2 ** (this.#row - 1), fromInput);
  }

  finish(now: number): void {
    this.status = 'done';
    if (this.#plan.policy !== 'permanent') return;
    this.#row = 0;
    this.#earlyRow = 0;
    this.#restart(now, this.#plan.backoffMs, true);
  }

  restarted(at: number): void {
    const { wait } = this;
    if (wait === null) throw new Error('was not to be restarted');
    const most = Math.min(wait.mostMs, this.#plan.maxBackoffMs);
    expect(at - wait.since).toBeLessThanOrEqual(most + 0.001);
    expect(at - wait.since).toBeGreaterThanOrEqual(most * 0.9 - 0.001);
    this.#fromSnapshot = !wait.fromInput && this.recorded !== null;
    this.n = this.#fromSnapshot ? (this.recorded ?? 0) : 0;
    this.recorded = this.n;
    this.#startedAt = at;
    this.incarnation += 1;
    this.status = 'running';
    this.wait = null;
  }

  /** Whether a restart is late. */
  overdue(now: number): boolean {
    return this.wait !== null && now >= this.wait.since + this.wait.mostMs;
  }

  #restart(now: number, mostMs: number, fromInput: boolean): void {
    this.status = 'restarting';
    this.wait = { since: now, mostMs: Math.min(mostMs, this.#plan.maxBackoffMs), fromInput };
  }
}

const plans = fc.record({
  policy: fc.constantFrom<RestartPolicy>('permanent', 'transient', 'temporary'),
  backoffMs: fc.constantFrom(100, 500),
  maxBackoffMs: fc.constantFrom(500, 3_000),
  maxFailures: fc.integer({ min: 1, max: 6 }),
  healthyAfterMs: fc.constantFrom(8_000, 20_000),
});

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant('crash' as const) },
    { weight: 1, arbitrary: fc.constant('finish' as const) },
    { weight: 2, arbitrary: fc.constant('add' as const) },
    { weight: 5, arbitrary: fc.constantFrom(10, 450, 1_000, 3_000, 6_000, 21_000) },
  ),
  { minLength: 1, maxLength: 25 },
);

const restartsIn = (events: readonly LifecycleEvent[]): LifecycleEvent[] =>
  events.filter(({ type }) => type === 'session.restarted');

test('whatever happens to a behaviour, it is started again just as its plan says', async () => {
  await fc.assert(
    fc.asyncProperty(plans, steps, async (plan, taken) => {
      const { clock, session, events, runtime } = await behaving(
        { logic: worker, ...plan },
        {
          options: {
            deadlines: { idleTimeoutMs: 'off', maxLifetimeMs: 'off', idleAfterMs: 'off' },
          },
        },
      );
      const model = new Model(plan, clock.wall());
      let heard = 0;
      for (const step of taken) {
        if (typeof step === 'number') await clock.advance(step);
        else if (model.status === 'running') {
          await session.send(step === 'add' ? { type: 'work.add', n: 1 } : { type: step });
          if (step === 'add') model.add();
          else model[step](clock.wall());
        }
        for (const { at } of restartsIn(events).slice(heard)) {
          heard += 1;
          model.restarted(at);
        }
        const view = viewOf(session);
        expect(model.overdue(clock.wall())).toBe(false);
        expect(view.incarnation).toBe(model.incarnation);
        if (model.status === 'ended') {
          expect(session.info()).toMatchObject({ state: 'terminated', reason: 'crashed' });
        } else {
          expect(view.status).toBe(model.status);
          expect(session.info().inFlight).toBe(model.wait === null ? 0 : 1);
          expect(session.state).toBe('active');
        }
        if (model.status === 'running') expect(view.getSnapshot().context.n).toBe(model.n);
      }
      await runtime.drain({ operationsMs: 0 });
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});
