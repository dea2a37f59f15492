import type { HookErrorInfo, Hooks, RuntimeOptions, Session } from '../../../src/index.ts';
import { faultyRuntime } from '../fixture.ts';

/** Hooks that note what they are told, and then do what the test says. */
export const noting = (then: (told: string) => unknown = () => undefined) => {
  const calls: string[] = [];
  const note = (session: Session, told: string): Promise<void> => {
    calls.push(session.principal === 'ada' ? told : `${session.principal}: ${told}`);
    return Promise.resolve(then(told)).then(() => undefined);
  };
  const errors: { error: unknown; info: HookErrorInfo }[] = [];
  const hooks: Hooks = {
    onCreated: (session) => note(session, 'created'),
    onStateChanged: (session, { from, to }) => note(session, `${from}>${to}`),
    onTerminated: (session, reason) => note(session, `terminated:${reason}`),
    onError: (error, info) => {
      errors.push({ error, info });
    },
  };
  return { calls, errors, hooks };
};

/** What never comes to an end. */
export const hang = () => new Promise<void>(() => undefined);
/** A session of Ada's that hooks have been told of, which note it and then do what the test says. */
export const begunNoting = async (
  then?: (told: string) => unknown,
  options: RuntimeOptions = {},
) => {
  const noted = noting(then);
  const world = faultyRuntime({}, { hooks: noted.hooks, ...options });
  const session = await world.runtime.create({ principal: 'ada' });
  await world.clock.settle();
  return { ...noted, ...world, session };
};
