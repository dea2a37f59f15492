import { type Command, onSession } from './command.ts';
import { wasActive } from './commands-signs.ts';
import type { Life } from './life.ts';
import type { Expected, Model } from './model.ts';
import { JobFailed } from './promised.ts';
import type { Slot, Work } from './slot.ts';
import type { World } from './world.ts';

let jobs = 0;

/** @param timeoutMs half a millisecond off, so that it never falls together with a tick. */
export const run = (who: number, timeoutMs: number): Command =>
  onSession(`run for at most ${timeoutMs} ms`, who, (world, slot, life, model) => {
    jobs += 1;
    const id = `job-${jobs}`;
    const work = newWork(id);
    const { session } = slot;
    const asked = session.run('work', work.call, { id, timeoutMs });
    const taken = session.operations().some((operation) => operation.id === id);
    if (taken) {
      slot.jobs.set(id, work.work);
      wasActive(world, slot);
    }
    const result = world.call(asked);
    const over = (): void => {
      if (taken && !work.work.over) jobOver(world, slot, work.work);
    };
    asked.then(over, over);
    const expected = model && life ? model.run(life, id, timeoutMs) : null;
    // What was taken on is answered later.
    if (expected !== null && 'resolves' in expected) {
      if (!taken) world.broken.push(`${id} should have been taken on`);
      return null;
    }
    return { outcome: result, expected };
  });

const newWork = (id: string) => {
  let finish: (value: string) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const gate = new Promise<string>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  gate.catch(() => undefined);
  const work: Work = {
    id,
    started: false,
    over: false,
    finish: () => finish(id),
    fail: () => fail(new JobFailed(id)),
  };
  const call = (): Promise<string> => {
    work.started = true;
    return gate;
  };
  return { work, call };
};

const jobOver = (world: World, slot: Slot, work: Work): void => {
  work.over = true;
  slot.lastActivity = world.clock.mono();
  slot.lastJobEnd = world.clock.mono();
};

/** Ends the first job that runs: well, or with an error, or from outside. */
export const end = (who: number, how: 'finish' | 'fail' | 'abort'): Command =>
  onSession(`${how} the first job`, who, (world, slot, life, model) => {
    const work = slot.inFlight.find(({ started }) => started);
    if (work === undefined) return null;
    jobOver(world, slot, work);
    if (how === 'abort') slot.session.abort(work.id);
    else work[how]();
    return { outcome: world.call(Promise.resolve()), expected: finished(model, life, work.id) };
  });

const finished = (model: Model | null, life: Life | null, id: string): Expected | null => {
  const job = life?.jobs.find((one) => one.id === id);
  if (model && life && job) model.finish(life, job);
  return null;
};
