import type { Session } from '../../src/index.ts';
import type { Chance } from './chance.ts';
import type { Ask, Data, Slot } from './slot.ts';
import type { World } from './world.ts';

/** What one action is given: the world, and the chance it draws from. */
export interface Act {
  readonly world: World;
  readonly chance: Chance;
  /** The only session it may be about. */
  readonly only?: Slot;
}

/** Does something to a session of the world, and says so in the trace. */
export type Action = (act: Act) => void | Promise<void>;

/** A session that a client may still use; now and then one that is over. */
export const pick = ({ world, chance, only }: Act): Slot | null => {
  if (only !== undefined) return only;
  const here = world.slots.filter((slot) => slot.given && !slot.vanished && !slot.forgotten);
  const living = here.filter(({ isOver }) => !isOver);
  const over = here.filter(({ isOver }) => isOver).slice(-2);
  const choice = living.length > 0 && chance.flip(0.93) ? living : [...living, ...over];
  return choice.length === 0 ? null : chance.one(choice);
};

/**
 * Calls the client's session. A client whose reference is of a process that is gone returns by its id first: then the
 * call comes a little later, or never.
 */
export const withSession = (
  world: World,
  slot: Slot,
  what: string,
  use: (session: Session<Data>) => void,
): void => {
  const { process } = world;
  if (process === null) return;
  const { session } = slot;
  if (session !== null && slot.sessionOf === process.number) {
    world.trace.did(`#${slot.index} ${what}`);
    use(session);
    return;
  }
  world.trace.did(`#${slot.index} returns, to ${what}`);
  world.call(slot, 'get', () => process.runtime.get(slot.id), {
    resolved: (given) => {
      slot.session = given;
      slot.sessionOf = process.number;
      use(given);
    },
  });
};

/** A call that may count as an activity, or not. */
export const mayCount = (world: World, slot: Slot): (() => void) => {
  const over = (): void => {
    const now = world.clock.mono();
    slot.maybeActiveAt = Math.max(slot.maybeActiveAt, now);
    slot.maybeSignAt = Math.max(slot.maybeSignAt, now);
  };
  over();
  return over;
};

/** A call that is an activity of its client, whatever else it does. */
export const activity = <T>(
  world: World,
  slot: Slot,
  what: string,
  make: () => Promise<T>,
  then: { resolved?: (value: T) => void; rejected?: (error: unknown) => void } = {},
): void => {
  const [asked, askedWall] = [world.clock.mono(), world.clock.wall()];
  const over = mayCount(world, slot);
  const isPaused = (): boolean => slot.actor === 'paused' || slot.recorded === 'paused';
  const wasPaused = isPaused();
  world.call(slot, what, make, {
    resolved: (value) => {
      over();
      // On a paused session it is a beat.
      if (!wasPaused && !isPaused()) slot.wasActive(asked, askedWall);
      slot.gaveSign(asked, askedWall);
      then.resolved?.(value);
    },
    rejected: (error) => {
      over();
      then.rejected?.(error);
    },
  });
};

/** Asks for a session: by key where the ask has one. */
export const ask = (
  world: World,
  given: Omit<Ask, 'n' | 'endsAsked'>,
  once: string | null,
): void => {
  const { process } = world;
  if (process === null) return;
  const n = world.asks.size + 1;
  const full: Ask = { ...given, n, endsAsked: new Set() };
  world.asks.set(n, full);
  world.askedWall.set(n, world.clock.wall());
  const { principal, key, beats, behaviour } = given;
  const options = {
    principal,
    beats,
    metadata: { n },
    data: { marks: [] as number[] },
    ...(behaviour === null ? {} : { behaviour, input: { n } }),
  };
  const what = `asks for a session (${n}, ${principal}${key === null ? '' : `, key ${key}`})`;
  world.trace.did(what);
  const { runtime } = process;
  const since = world.clock.mono();
  world.call(
    null,
    what,
    () =>
      key === null
        ? runtime.create(once === null ? options : { ...options, idempotencyKey: once })
        : runtime.getOrCreate({ ...options, key }),
    {
      resolved: (session) => {
        const slot = world.slotOf(session.id);
        if (slot === undefined) {
          world.violated('known', `${session.id} was given to a client`);
          return;
        }
        welcome(world, slot, session, since);
      },
      rejected: () => {
        world.rejected.add(n);
        world.slotNumbered(n)?.wasRefused();
      },
    },
    principal,
  );
};

const welcome = (world: World, slot: Slot, session: Session<Data>, since: number): void => {
  const { process } = world;
  slot.session = session;
  slot.sessionOf = process?.number ?? 0;
  slot.vanished = false;
  if (slot.given) return;
  slot.given = true;
  // One that an earlier process made, and gave to nobody, is only asked for: that is no activity.
  if (slot.bornAt < since) return;
  const now = world.clock.mono();
  slot.activeAt = Math.max(slot.activeAt, since);
  slot.signAt = Math.max(slot.signAt, since);
  slot.maybeActiveAt = now;
  slot.maybeSignAt = now;
};

/** An action on one session, through its reference. */
export const on =
  (what: string, use: (act: Act, slot: Slot, session: Session<Data>) => void): Action =>
  (act) => {
    const slot = pick(act);
    if (slot !== null) withSession(act.world, slot, what, (session) => use(act, slot, session));
  };
