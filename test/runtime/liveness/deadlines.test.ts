import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import {
  checkedCount,
  checkedDuration,
  type DeadlineOptions,
  resolveDeadlines,
} from '../../../src/runtime/liveness/deadlines.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const DURATIONS = [
  'idleAfterMs',
  'idleTimeoutMs',
  'heartbeatIntervalMs',
  'pausedTimeoutMs',
  'maxLifetimeMs',
] as const;

const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

test('what nobody sets is what the documentation says', () => {
  expect(resolveDeadlines()).toEqual({
    idleAfterMs: 2 * MINUTE,
    idleTimeoutMs: 30 * MINUTE,
    heartbeatIntervalMs: 30_000,
    heartbeatMissed: 3,
    hibernateAfterMs: Number.POSITIVE_INFINITY,
    pausedTimeoutMs: 4 * HOUR,
    maxLifetimeMs: 8 * HOUR,
    tickMs: 250,
    gapMs: 2_000,
    graceMs: 2 * MINUTE,
    adjusted: [],
  });
});

test('a durable store keeps sessions longer', () => {
  const durable = resolveDeadlines({}, true);
  expect(durable).toEqual({
    ...resolveDeadlines(),
    idleTimeoutMs: 24 * HOUR,
    hibernateAfterMs: 30_000,
    maxLifetimeMs: 7 * 24 * HOUR,
  });
});

test.each(DURATIONS)('%s: what is not allowed is refused by name', (name) => {
  for (const value of [0, -0, -1, Number.NaN, Number.NEGATIVE_INFINITY, '30', '', null, {}, true]) {
    const options = { [name]: value } as DeadlineOptions;
    const error = thrownBy(() => resolveDeadlines(options));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: name, value, retryable: false });
    expect(error).toHaveProperty('allowed', expect.stringContaining('above 0'));
    expect(error).toHaveProperty('message', expect.stringContaining(name));
  }
});

test.each(DURATIONS)("%s: 'off', Infinity and a number are taken", (name) => {
  expect(resolveDeadlines({ [name]: 'off' })[name]).toBe(Number.POSITIVE_INFINITY);
  expect(resolveDeadlines({ [name]: Number.POSITIVE_INFINITY })[name]).toBe(
    Number.POSITIVE_INFINITY,
  );
  expect(resolveDeadlines({ [name]: 1_500.5 })[name]).toBe(1_500.5);
});

test('how many beats may be missed is a whole number of at least 1', () => {
  expect(resolveDeadlines({ heartbeatMissed: 1 }).heartbeatMissed).toBe(1);
  for (const value of [0, -0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', 'off', null]) {
    const options = { heartbeatMissed: value } as DeadlineOptions;
    const error = thrownBy(() => resolveDeadlines(options));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option: 'heartbeatMissed', value });
  }
});

test('a single duration and a single count are checked alike, under the name they are given', () => {
  expect(checkedDuration('x', 'off')).toBe(Number.POSITIVE_INFINITY);
  expect(thrownBy(() => checkedDuration('x', -5))).toMatchObject({ option: 'x', value: -5 });
  expect(checkedCount('n', 7)).toBe(7);
  expect(thrownBy(() => checkedCount('n', 0))).toMatchObject({ option: 'n', value: 0 });
});

test('two explicit values that contradict are refused, and both are named', () => {
  const error = thrownBy(() => resolveDeadlines({ idleTimeoutMs: 9_000, maxLifetimeMs: 5_000 }));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option: 'idleTimeoutMs', value: 9_000 });
  expect(error).toHaveProperty('message', expect.stringMatching(/maxLifetimeMs.*5000/));
});

test('a short lifetime shortens what was left unset, and says so once for each', () => {
  const deadlines = resolveDeadlines({ maxLifetimeMs: MINUTE });
  expect(deadlines).toMatchObject({
    idleAfterMs: MINUTE / 2,
    idleTimeoutMs: MINUTE,
    pausedTimeoutMs: MINUTE,
    maxLifetimeMs: MINUTE,
  });
  expect(deadlines.adjusted.map((said) => said.split(' ')[0]).sort()).toEqual([
    'idleAfterMs',
    'idleTimeoutMs',
    'pausedTimeoutMs',
  ]);
});

test('the tick is an eighth of the shortest deadline, between 1 and 250 ms', () => {
  expect(resolveDeadlines({ idleAfterMs: 400 }).tickMs).toBe(50);
  expect(resolveDeadlines({ heartbeatIntervalMs: 80 }).tickMs).toBe(10);
  expect(resolveDeadlines({ idleAfterMs: 2 }).tickMs).toBe(1);
  const off = { idleAfterMs: 'off', idleTimeoutMs: 'off', heartbeatIntervalMs: 'off' } as const;
  const none = resolveDeadlines({ ...off, pausedTimeoutMs: 'off', maxLifetimeMs: 'off' });
  expect(none).toMatchObject({ tickMs: 250, graceMs: 0, adjusted: [] });
});

test('the grace after a gap is the longer one of idleAfter and the heartbeat window', () => {
  expect(resolveDeadlines({ idleAfterMs: 1_000, heartbeatIntervalMs: 500 }).graceMs).toBe(1_500);
  expect(resolveDeadlines({ idleAfterMs: 9_000, heartbeatIntervalMs: 500 }).graceMs).toBe(9_000);
  expect(resolveDeadlines({ idleAfterMs: 9_000, heartbeatIntervalMs: 'off' }).graceMs).toBe(9_000);
  expect(resolveDeadlines({ idleAfterMs: 'off', heartbeatIntervalMs: 500 }).graceMs).toBe(1_500);
});

test('what is in force cannot be changed any more', () => {
  expect(Object.isFrozen(resolveDeadlines())).toBe(true);
});

const length = fc.oneof(
  fc.integer({ min: 1, max: 40 }).map((n) => n * 1_000),
  fc.integer({ min: 1, max: 400 }).map((n) => n * HOUR),
  fc.double({ min: 0.01, max: 1e12, noNaN: true }),
);
const setting = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 5, arbitrary: length },
  { weight: 1, arbitrary: fc.constantFrom('off' as const, Number.POSITIVE_INFINITY) },
);
const anyOptions = fc.record({
  idleAfterMs: setting,
  idleTimeoutMs: setting,
  heartbeatIntervalMs: setting,
  pausedTimeoutMs: setting,
  maxLifetimeMs: setting,
});

type Given = (typeof DURATIONS)[number];

test('any mix of settings is refused as contradictory, or kept and put in order', () => {
  fc.assert(
    fc.property(anyOptions, fc.boolean(), (given, durable) => {
      const set = (name: Given): number | null => {
        const value = given[name];
        if (value === undefined) return null;
        return value === 'off' ? Number.POSITIVE_INFINITY : value;
      };
      /** Whether two values were both set and the first, not off, is longer than the second. */
      const clash = (a: Given, b: Given, strict: boolean): boolean => {
        const [short, long] = [set(a), set(b)];
        if (short === null || long === null || short === Number.POSITIVE_INFINITY) return false;
        return strict ? short >= long : short > long;
      };
      const contradictory =
        clash('idleAfterMs', 'idleTimeoutMs', true) ||
        clash('idleAfterMs', 'maxLifetimeMs', true) ||
        clash('idleTimeoutMs', 'maxLifetimeMs', false) ||
        clash('pausedTimeoutMs', 'maxLifetimeMs', false);
      // A setting that is undefined is one left unset.
      const options = given as DeadlineOptions;
      if (contradictory) {
        expect(() => resolveDeadlines(options, durable)).toThrow(InvalidOptionError);
        return;
      }
      const inForce = resolveDeadlines(options, durable);
      const defaults = resolveDeadlines({}, durable);
      const below = (a: number, b: number) => a === Number.POSITIVE_INFINITY || a < b;
      expect(below(inForce.idleAfterMs, inForce.idleTimeoutMs)).toBe(true);
      expect(below(inForce.idleAfterMs, inForce.maxLifetimeMs)).toBe(true);
      for (const name of ['idleTimeoutMs', 'pausedTimeoutMs'] as const) {
        const off = inForce[name] === Number.POSITIVE_INFINITY;
        expect(off || inForce[name] <= inForce.maxLifetimeMs).toBe(true);
      }
      const moved: string[] = [];
      for (const name of DURATIONS) {
        expect(inForce[name]).toBeGreaterThan(0);
        const wanted = set(name);
        if (wanted !== null) expect(inForce[name]).toBe(wanted);
        else if (inForce[name] !== defaults[name]) moved.push(`${name} ${inForce[name]} ms`);
      }
      const said = inForce.adjusted.map((one) => one.replace(/^(\w+) .*: /, '$1 '));
      expect(said.sort()).toEqual(moved.sort());
    }),
    { numRuns: 2_000 },
  );
});

test('hibernateAfter may be 0 or off, and is never without a durable store', () => {
  const of = (hibernateAfterMs: DeadlineOptions['hibernateAfterMs'], durable = true) =>
    resolveDeadlines(hibernateAfterMs === undefined ? {} : { hibernateAfterMs }, durable)
      .hibernateAfterMs;
  expect([of(0), of('off'), of(5), of(undefined)]).toEqual([0, Infinity, 5, 30_000]);
  expect([of(0, false), of(5, false)]).toEqual([Infinity, Infinity]);
  for (const value of [-1, Number.NaN, '30', null]) {
    expect(thrownBy(() => of(value as number))).toMatchObject({
      option: 'hibernateAfterMs',
      value,
    });
  }
});
