import type { Session } from '../../src/index.ts';
import { add, append, update } from './actions-data.ts';
import {
  type Act,
  type Action,
  activity,
  ask,
  mayCount,
  on,
  pick,
  withSession,
} from './clients.ts';
import { heardOf } from './hearing.ts';
import { type Ask, type Data, newJob, type Slot } from './slot.ts';

const newAsk = ({ world, chance }: Act): Omit<Ask, 'n' | 'endsAsked'> => {
  const principal = chance.weighted([
    [4, 'ada'],
    [3, 'bob'],
    [2, 'cyd'],
    [1, null],
  ]);
  return {
    principal,
    key: chance.flip(0.2) ? chance.one(['desk', 'lamp']) : null,
    beats: chance.one(['first', 'first', 'required', 'off']),
    behaviour: chance.weighted([
      [4, null],
      [4, 'counter'],
      [1, 'fragile'],
    ]),
    initialize: world.setup.initialize
      ? chance.weighted([
          [6, 'succeed'],
          [2, 'slow'],
          [1, 'throw'],
          [1, 'hang'],
        ])
      : 'succeed',
  };
};

export const create: Action = (act) => {
  const given = newAsk(act);
  const once = given.principal !== null && given.key === null && act.chance.flip(0.1);
  ask(act.world, given, once ? act.chance.one(['first try', 'second try']) : null);
};

/** Several ask at once, of one principal, some of them for the same key. */
export const createRace: Action = (act) => {
  const { world, chance } = act;
  const first = newAsk(act);
  for (let left = 2 + chance.below(3); left > 0; left -= 1) {
    const same = chance.flip(0.7);
    ask(
      world,
      { ...newAsk(act), principal: first.principal, ...(same ? { key: first.key } : {}) },
      null,
    );
  }
};

export const touch = on('touches', ({ world }, slot, session) =>
  activity(world, slot, 'touch', () => session.touch()),
);

const giveBeat = ({ world }: Act, slot: Slot, session: Session<Data>): void => {
  const [now, wall] = [world.clock.mono(), world.clock.wall()];
  try {
    session.beat();
  } catch {
    return;
  }
  slot.gaveSign(now, wall);
  slot.maybeSignAt = now;
  if (slot.presences > 0) slot.maybeProvenAt = now;
  if (slot.ask.beats === 'off') return;
  slot.maybeWatched = true;
  slot.watched = true;
};

export const beat = on('beats', giveBeat);

export const attach = on('attaches a stream', (_act, slot, session) => {
  try {
    slot.detachers.push(session.attach());
  } catch {
    return;
  }
  slot.presences += 1;
});

export const detach: Action = (act) => {
  const slot = pick(act);
  const go = slot?.detachers.shift();
  if (slot === null || go === undefined) return;
  act.world.trace.did(`#${slot.index} detaches a stream`);
  slot.presences -= 1;
  go();
};

export const run = on('runs work', (act, slot, session) => {
  const { world, chance } = act;
  const { process } = world;
  if (process === null) return;
  const id = `job ${world.nextNumber()}`;
  const how = chance.weighted<'soon' | 'later' | 'hang' | 'fail'>([
    [4, 'soon'],
    [3, 'later'],
    [1, 'hang'],
    [1, 'fail'],
  ]);
  const ms = how === 'later' ? chance.between(2_000, 16_000) : chance.between(0, 900);
  const job = newJob(id, process.number);
  slot.jobs.push(job);
  const work = ({ signal }: { signal: AbortSignal }): Promise<void> => {
    signal.addEventListener('abort', () => {
      job.over = true;
    });
    heardOf(world, process, slot.id, `handler of ${id}`);
    job.started = true;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        job.over = true;
        if (how === 'fail') reject(new Error('a job fails'));
        else resolve();
      };
      job.finish = end;
      if (how !== 'hang') process.appClock.scheduler.schedule(end, ms);
    });
  };
  const timeoutMs = chance.one([1_500.5, 20_000.5, 90_000.5]);
  const over = (): void => {
    job.over = true;
    slot.jobEndedAt = world.clock.mono();
    slot.jobs = slot.jobs.filter((one) => one !== job);
  };
  activity(world, slot, `${id} (${how})`, () => session.run('job', work, { id, timeoutMs }), {
    resolved: over,
    rejected: over,
  });
});

export const undertake = on('runs a durable operation', (act, slot, session) => {
  const { world, chance } = act;
  const { process } = world;
  if (process === null) return;
  const id = `task ${world.nextNumber()}`;
  const how = chance.weighted<'done' | 'fail' | 'hang'>([
    [6, 'done'],
    [2, 'fail'],
    [1, 'hang'],
  ]);
  const ms = chance.one([0, 200.5, 3_000.5, 9_000.5]);
  const job = newJob(id, process.number);
  slot.jobs.push(job);
  const undertaking = { id, calls: 0, told: false };
  slot.undertakings.set(id, undertaking);
  slot.journal.asks(id);
  const over = (): void => {
    job.over = true;
    slot.jobEndedAt = world.clock.mono();
    slot.jobs = slot.jobs.filter((one) => one !== job);
  };
  const timeoutMs = chance.one([5_000.5, 60_000.5]);
  activity(
    world,
    slot,
    `${id} (${how})`,
    () => session.run<unknown>('task', { ms, how }, { id, durable: true, timeoutMs }),
    {
      resolved: () => {
        over();
        slot.journal.answered(id);
        undertaking.told = true;
      },
      rejected: () => {
        over();
        slot.journal.refused(id);
      },
    },
  );
});

export const abort = on('aborts its work', (_act, _slot, session) => {
  for (const { id } of session.operations()) session.abort(id);
});

export const pause = on('pauses', (act, slot, session) => {
  const { world, chance } = act;
  slot.stays = null;
  slot.pausesAsked += 1;
  const asks = slot.switches;
  const over = mayCount(world, slot);
  world.call(slot, 'pause', () => session.pause({ abort: chance.flip(0.5) }), {
    resolved: () => {
      over();
      if (slot.switches === asks) slot.stays = 'paused';
    },
    rejected: over,
  });
});

export const resume = on('resumes', (act, slot, session) => {
  const { world } = act;
  slot.stays = null;
  slot.resumesAsked += 1;
  const asks = slot.switches;
  const [asked, askedWall, before] = [world.clock.mono(), world.clock.wall(), slot.resumes];
  const over = mayCount(world, slot);
  world.call(slot, 'resume', () => session.resume(), {
    resolved: () => {
      over();
      // On one that was not paused it has no effect.
      if (slot.resumes > before) {
        slot.wasActive(asked, askedWall);
        slot.gaveSign(asked, askedWall);
      }
      if (slot.switches !== asks) return;
      slot.stays = 'resumed';
    },
    rejected: over,
  });
});

const terminateIt = ({ world, chance }: Act, slot: Slot, session: Session<Data>): void => {
  const asked = chance.one(['client', 'operator'] as const);
  slot.ask.endsAsked.add(asked);
  world.call(slot, 'terminate', () => session.terminate(asked), {
    resolved: (reason) => {
      if (slot.ended !== null && slot.ended !== reason) {
        world.violated('one-end', `#${slot.index} ended for ${slot.ended}, and for ${reason}`);
      }
      slot.ended = reason;
    },
  });
};

export const terminate = on('ends it', terminateIt);

export const terminateAll: Action = ({ world, chance }) => {
  const { process } = world;
  if (process === null) return;
  const principal = chance.one(['ada', 'bob', 'cyd']);
  world.trace.did(`all of ${principal} are ended`);
  // Also one that is only being made.
  for (const ask of world.asks.values()) {
    if (ask.principal === principal) ask.endsAsked.add('operator');
  }
  world.call(null, `terminateAll ${principal}`, () => process.runtime.terminateAll(principal));
};

export const rotate = on('takes a new id', ({ world }, slot, session) => {
  world.call(slot, 'rotateId', () => session.rotateId());
});

/** Several calls at once, none of them awaited: wake and wake, wake and end, hibernate and activity. */
export const rush = on('does several things at once', (act, slot, session) => {
  const { world, chance } = act;
  const given: Act = { world, chance };
  for (let left = 2 + chance.below(3); left > 0; left -= 1) {
    const what = chance.below(7);
    if (what === 0) terminateIt(given, slot, session);
    else if (what === 1) giveBeat(given, slot, session);
    else {
      const one = chance.one([touch, append, update, run, pause, resume, add, undertake]);
      void one({ ...given, only: slot });
    }
  }
});

export const vanish: Action = (act) => {
  const slot = pick(act);
  if (slot === null) return;
  act.world.trace.did(`#${slot.index}'s client vanishes`);
  slot.vanished = true;
  if (act.chance.flip(0.3)) slot.session = null;
};

export const comeBack: Action = (act) => {
  const { world, chance } = act;
  const gone = world.slots.filter((slot) => slot.vanished && slot.given && !slot.forgotten);
  if (gone.length === 0 || world.process === null) return;
  const slot = chance.one(gone.slice(-6));
  slot.vanished = false;
  const { principal, key } = slot.ask;
  if (key !== null && chance.flip(0.5)) {
    ask(world, { ...slot.ask, principal, key }, null);
    return;
  }
  slot.session = null;
  withSession(world, slot, 'touch', (session) =>
    activity(world, slot, 'touch', () => session.touch()),
  );
};
