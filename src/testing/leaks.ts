import type { HeldSession, Holdings } from '../runtime/health/holdings.ts';
import type { ScheduledAction } from '../time/virtual-clock.ts';

/** What there is, to be judged. */
export interface Found {
  readonly holdings: Holdings;
  /** What the runtime and its sessions have on the clock. */
  readonly ownTimers: readonly ScheduledAction[];
  /** What else is on the clock. */
  readonly otherTimers: readonly ScheduledAction[];
  /** Ways to the actors that run, from below the registry. */
  readonly actors: readonly (readonly string[])[];
  /** Calls of the store that were not answered. */
  readonly storeCalls: readonly string[];
  readonly storeIsClosed: boolean;
}

/** Something that is left, by kind: `timers: 1 more than …`. One line each; none: nothing is. */
export const leaksIn = (found: Found): readonly string[] =>
  [
    ['timers', timers(found)],
    ['subscriptions', subscriptions(found.holdings)],
    ['waits', ofEach(found, ({ waits }) => waits > 0 && times('waitFor', waits))],
    ['streams', ofEach(found, ({ presences }) => presences > 0 && `${presences} attached`)],
    ['actors', strayActors(found)],
    ['behaviours', strayBehaviours(found)],
    ['lanes', lanes(found.holdings)],
    ['store', storeHandles(found)],
    ['runtime', leftInTables(found.holdings)],
  ].flatMap(([kind, all]) => (all?.length ? [`${kind}: ${[...all].join('; ')}`] : []));

const times = (what: string, count: number): string => (count === 1 ? what : `${what} × ${count}`);

const ofEach = (
  { holdings }: Found,
  of: (session: HeldSession) => string | false,
): readonly string[] =>
  holdings.sessions.flatMap((session) => {
    const what = of(session);
    return what === false ? [] : [`${session.id}: ${what}`];
  });

/**
 * Those of the runtime are counted: it says how many there may be. Whose those of others are nobody knows: while code of
 * the application may run they may be its, and a store that owes an answer may wait for its own.
 */
const timers = ({ holdings, ownTimers, otherTimers, storeCalls }: Found): readonly string[] => {
  const over = ownTimers.length - holdings.timers;
  const accounted = !holdings.closed && (holdings.busy || storeCalls.length > 0);
  const others = accounted ? [] : otherTimers;
  const own = over > 0 ? namedLast(ownTimers, over) : [];
  const lines = [...own, ...others].map(timerInWords);
  if (over > 0 && own.length > over) {
    lines.unshift(`${over} of ${own.length} of the runtime's own is nobody's`);
  }
  return lines;
};

/** The runtime's own standing timers are the last one looks at. */
const STANDING = /\/time\/wheel\.|\/liveness\/sweep\.|\/residency\/opening\./;

const namedLast = (all: readonly ScheduledAction[], over: number): readonly ScheduledAction[] => {
  const suspects = all.filter(({ by }) => by === null || !STANDING.test(by));
  return suspects.length >= over ? suspects : all;
};

const timerInWords = ({ inMs, by }: ScheduledAction): string =>
  `due in ${inMs} ms${by === null ? '' : `, scheduled by ${by}`}`;

const subscriptions = ({ listeners, sessions }: Holdings): readonly string[] => [
  ...(listeners > 0 ? [times('runtime.subscribe', listeners)] : []),
  ...sessions.flatMap(({ id, listeners: own }) =>
    own > 0 ? [`${id}: ${times('session.subscribe', own)}`] : [],
  ),
];

/** Actors of sessions that are not in memory. */
const strayActors = ({ holdings, actors }: Found): readonly string[] => {
  const there = new Set(holdings.sessions.map(({ actor }) => actor));
  const running = actors.flatMap(([id, ...below]) =>
    id !== undefined && below.length === 0 && !there.has(id) ? [id] : [],
  );
  return [...new Set([...holdings.strayActors, ...running])];
};

/** Actors below those, and behaviours that are said to run for a session that is not in memory. */
const strayBehaviours = ({ holdings, actors }: Found): readonly string[] => {
  const there = new Set(holdings.sessions.map(({ actor }) => actor));
  const running = actors.flatMap((path) =>
    path.length > 1 && !there.has(path[0] ?? null) ? [path.join('/')] : [],
  );
  const said = holdings.sessions.flatMap(({ id, actor, behaviour }) =>
    actor === null && (behaviour === 'running' || behaviour === 'restarting')
      ? [`${id}: ${behaviour}`]
      : [],
  );
  return [...running, ...said];
};

const lanes = ({ lanes: count, sessions }: Holdings): readonly string[] => {
  if (count === 0) return [];
  const named = sessions.filter(({ inLane }) => inLane).map(({ id }) => id);
  const unnamed = count - named.length;
  return unnamed > 0 ? [...named, times('a session nobody knows', unnamed)] : named;
};

const storeHandles = ({ holdings, storeCalls, storeIsClosed }: Found): readonly string[] => [
  ...storeCalls.map((call) => `${call} is not answered`),
  ...(holdings.closed && !storeIsClosed ? ['it is not closed'] : []),
];

/** A runtime that is closed has nothing; of one that is not, its own checks tell what should not be. */
const leftInTables = ({ closed, others, sessions }: Holdings): readonly string[] => {
  if (!closed) return [];
  const operations = sessions.flatMap(({ id, operations: names }) =>
    names.map((name) => `${id}: the operation ${JSON.stringify(name)}`),
  );
  return [...operations, ...Object.entries(others).map(([what, count]) => `${count} ${what}`)];
};
