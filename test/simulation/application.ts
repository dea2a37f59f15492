import type { OperationContext, RuntimeOptions, Session } from '../../src/index.ts';
import type { InterruptedOperation } from '../../src/runtime/work/work.ts';
import { behavioursOf } from './behaviours.ts';
import { behaviourTook, handlerCalled, heardOf, wasInterrupted } from './hearing.ts';
import { DEADLINES, LIMITS } from './numbers.ts';
import type { SimProcess } from './process.ts';
import { SLOW_MS } from './setup.ts';
import type { World } from './world.ts';

/** What a durable operation is asked to do. */
export interface Task {
  readonly ms: number;
  readonly how: 'done' | 'fail' | 'hang';
}

/** The options of the runtime of one process: the host application does what the setup of the world says. */
export const applicationOf = (world: World, process: SimProcess): RuntimeOptions => {
  const { setup } = world;
  const { maxEntries, ...limits } = LIMITS;
  return {
    ...limits,
    deadlines: { ...DEADLINES, hibernateAfterMs: setup.hibernateAfterMs },
    journal: { maxEntries, onFull: setup.onFull },
    behaviours: behavioursOf(process.appClock, (n, what) => behaviourTook(world, process, n, what)),
    operations: { task: (input, context) => perform(world, process, input as Task, context) },
    onInterrupted: (session, operation) => interrupted(world, process, session, operation),
    ...initializeOf(world, process),
    ...hooksOf(world, process),
  };
};

const initializeOf = (world: World, process: SimProcess) => {
  if (!world.setup.initialize) return {};
  return {
    initialize: async (session: Session, signal: AbortSignal): Promise<void> => {
      const slot = heardOf(world, process, session.id, 'initialize');
      const how = slot?.ask.initialize ?? 'succeed';
      if (how === 'slow') await wait(process, SLOW_MS);
      if (how === 'hang') await aborted(signal);
      if (how === 'throw') throw new Error('initialize throws');
    },
  };
};

const hooksOf = (world: World, process: SimProcess) => {
  const { cleanup, hooks } = world.setup;
  const act = async (how: string): Promise<void> => {
    if (how === 'throwing') throw new Error('the application throws');
    if (how === 'slow') await wait(process, SLOW_MS);
    if (how === 'hanging') await new Promise(() => undefined);
  };
  const told = (where: 'cleanups' | 'terminations', session: Session): void => {
    const slot = heardOf(world, process, session.id, where);
    if (process.alive) slot?.[where].push(process.number);
  };
  return {
    ...(cleanup === 'none'
      ? {}
      : {
          cleanup: (session: Session) => {
            told('cleanups', session);
            return act(cleanup);
          },
        }),
    ...(hooks === 'none'
      ? {}
      : {
          hooks: {
            onCreated: () => act(hooks),
            onStateChanged: () => act(hooks),
            onTerminated: (session: Session) => {
              told('terminations', session);
              return act(hooks);
            },
          },
        }),
  };
};

/** The handler of a durable operation. */
const perform = async (
  world: World,
  process: SimProcess,
  { ms, how }: Task,
  { operation, session, signal }: OperationContext,
): Promise<unknown> => {
  const job = handlerCalled(world, process, session.id, operation);
  const over = (): void => {
    if (job !== undefined) job.over = true;
    // From here on its lifetime has no grace, whoever is still to be told of the end.
    const slot = process.alive ? world.slotOf(session.id) : undefined;
    if (slot !== undefined) slot.jobEndedAt = world.clock.mono();
  };
  signal.addEventListener('abort', over);
  if (how === 'hang') {
    // Until it is aborted, or the world wants an end of everything.
    await new Promise<void>((resolve, reject) => {
      if (job !== undefined) job.finish = resolve;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  } else {
    await wait(process, ms);
  }
  if (process.alive) over();
  if (how === 'fail') throw new Error('the task fails');
  return { operation };
};

/** Every other one is done again. */
const interrupted = async (
  world: World,
  process: SimProcess,
  session: Session,
  { operation }: InterruptedOperation,
): Promise<'again' | undefined> => {
  const slot = wasInterrupted(world, process, session.id, operation);
  if (slot === undefined || slot.index % 2 !== 0) return undefined;
  slot.journal.asksAgain(operation);
  return 'again';
};

const wait = (process: SimProcess, ms: number): Promise<void> =>
  new Promise((done) => {
    process.appClock.scheduler.schedule(() => done(), ms);
  });

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
