import type { Session } from '../../src/index.ts';
import { BEHAVIOURS } from './behaviours.ts';
import type { Data } from './slot.ts';
import type { World } from './world.ts';

/** The metadata of a session that `initialize` is to fail. */
export const DOOMED = { doomed: true };

/** How long a slow `initialize`, `cleanup` or `onTerminated` takes, ms. */
const SLOW_MS = 300.25;

/** What the host application of a run does: its callbacks, as its setup says. */
export const applicationOf = (world: World) => ({
  behaviours: BEHAVIOURS,
  ...hooksOf(world),
  ...initializeOf(world),
});

const hooksOf = (world: World) => {
  const { setup, watch, told } = world;
  if (setup.hooks === 'none') return {};
  const act = (what: Map<string, number> | null, session: Session): Promise<void> => {
    const id = watch.firstId(session.id);
    what?.set(id, (what.get(id) ?? 0) + 1);
    if (setup.hooks === 'throwing') throw new Error('a hook of the application throws');
    if (setup.hooks === 'slow' && what !== null) return slowly(world);
    if (setup.hooks === 'hanging' && what !== null) return new Promise(() => undefined);
    return Promise.resolve();
  };
  return {
    cleanup: (session: Session) => act(told.cleanup, session),
    hooks: {
      onCreated: (session: Session) => act(null, session),
      onStateChanged: (session: Session) => act(null, session),
      onTerminated: (session: Session) => act(told.terminated, session),
    },
  };
};

const slowly = ({ clock }: World): Promise<void> =>
  new Promise((done) => {
    clock.scheduler.schedule(() => done(), SLOW_MS);
  });

const initializeOf = (world: World) => {
  const { initialize } = world.setup;
  if (initialize === 'none') return {};
  return {
    initialize: async (session: Session): Promise<void> => {
      // The type of the data is nobody's business inside: it is ours.
      world.welcome(session as Session<Data>, null);
      if (initialize === 'slow') await slowly(world);
      if (session.info().metadata['doomed'] === true) throw new Error('this session is doomed');
    },
  };
};
