import { type Asked, type Command, onSession } from './command.ts';
import { wasActive } from './commands-signs.ts';
import type { Life } from './life.ts';
import type { Expected, Model } from './model.ts';
import { JobFailed } from './promised.ts';
import type { Slot, Work } from './slot.ts';
import type { World } from './world.ts';

let jobs = 0;

/** Asks for so much work at once. @param timeoutMs half a ms off, so that it never falls together with a tick. */
export const run = (who: number, times: number, timeoutMs: number): Command =>
  onSession(`run ${times} jobs for ${timeoutMs} ms at most`, who, (world, slot, life, model) => {
    let asked: Asked | null = null;
    for (let left = times; left > 0; left -= 1) {
      asked = runOne(world, slot, timeoutMs, (id) =>
        model && life ? model.run(life, id, timeoutMs) : null,
      );
    }
    return asked;
  });

const runOne = (
  world: World,
  slot: Slot,
  timeoutMs: number,
  modelled: (id: string) => Expected | null,
): Asked | null => {
  jobs += 1;
  const id = `job-${jobs}`;
  const { work, call } = newWork(id);
  const { session } = slot;
  const asked = session.run('work', call, { id, timeoutMs });
  const taken = session.operations().some((operation) => operation.id === id);
  if (taken) {
    slot.jobs.set(id, work);
    wasActive(world, slot);
  }
  const outcome = world.call(asked);
  const over = (): void => {
    if (taken && !work.over) jobOver(world, slot, work);
  };
  asked.then(over, over);
  const expected = modelled(id);
  // What was taken on is answered later.
  if (expected === null || 'rejects' in expected) return { outcome, expected };
  if (!taken) world.broken.push(`${id} should have been taken on`);
  return null;
};

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
