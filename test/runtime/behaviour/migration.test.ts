import { describe, expect, test } from 'vitest';
import { createMachine, fromPromise } from 'xstate';
import type { BehaviourSpec } from '../../../src/index.ts';
import { checkedBehaviours } from '../../../src/runtime/behaviour/behaviour-options.ts';
import { migrated } from '../../../src/runtime/behaviour/migration.ts';
import type { Envelope } from '../../../src/store/envelope/envelope.ts';

const first = createMachine({ id: 'counter' });
const V1: BehaviourSpec = { logic: first };
const V3: BehaviourSpec = { logic: first, version: 3 };

const ENVELOPE: Envelope = {
  machineId: 'counter',
  machineVersion: 1,
  incarnation: 1,
  savedAt: 0,
  timers: [{ from: [], to: [], event: { type: 'x' }, id: null, at: 5 }],
  input: { about: 'tea' },
  status: 'running',
  failures: { inARow: 0, early: 0 },
  checkpoint: {
    snapshot: { value: 'open', context: { owner: null, n: 2 } },
    session: [['context', 'owner']],
  },
};

const behaviourOf = (spec: BehaviourSpec) => {
  const { it } = checkedBehaviours({ it: spec });
  if (it === undefined) throw new Error('It is not there.');
  return it;
};

const keptBy = (spec: BehaviourSpec, stored = ENVELOPE): Envelope => {
  const result = migrated(behaviourOf(spec), stored);
  if ('refused' in result) throw new Error(result.refused, { cause: result.cause });
  return result.kept;
};

describe('a step', () => {
  const V2 = (step: NonNullable<BehaviourSpec['migrate']>[number]): BehaviourSpec => ({
    logic: first,
    version: 2,
    migrate: { 1: step },
  });

  test('is given a copy: what is stored stays as it is', () => {
    const before = structuredClone(ENVELOPE);
    const kept = keptBy(
      V2((given) => {
        const { snapshot } = given as { snapshot: { context: { n: number } } };
        snapshot.context.n = 7;
        return given;
      }),
    );
    expect(ENVELOPE).toEqual(before);
    expect(kept).toEqual({
      ...ENVELOPE,
      machineVersion: 2,
      checkpoint: {
        snapshot: { value: 'open', context: { owner: null, n: 7 } },
        session: [['context', 'owner']],
      },
    });
  });

  test('may copy through JSON, and put the session where it likes, or nowhere', () => {
    const moved = keptBy(
      V2(({ snapshot, input }) => {
        const { context } = JSON.parse(JSON.stringify(snapshot));
        return { snapshot: { all: [0, { of: context.owner }], twice: context.owner }, input };
      }),
    );
    expect(moved.checkpoint).toEqual({
      snapshot: { all: [0, { of: null }], twice: null },
      session: [['all', 1, 'of'], ['twice']],
    });
    const dropped = keptBy(V2(({ input }) => ({ snapshot: { context: {} }, input })));
    expect(dropped.checkpoint).toEqual({ snapshot: { context: {} }, session: [] });
  });

  test('finds another text for the session at each call, so that no data is taken for it', () => {
    const marks = new Set<unknown>();
    const noting = V2((given) => {
      marks.add((given as { snapshot: { context: { owner: unknown } } }).snapshot.context.owner);
      return given;
    });
    keptBy(noting);
    keptBy(noting);
    expect(marks.size).toBe(2);
    expect([...marks].map((mark) => typeof mark)).toEqual(['string', 'string']);
  });

  test('takes the input along, and null for a snapshot is to begin from it', () => {
    const step = V2(({ input }) => ({ snapshot: null, input: [input] }));
    expect(keptBy(step)).toEqual({
      ...ENVELOPE,
      machineVersion: 2,
      input: [{ about: 'tea' }],
      checkpoint: null,
      timers: [],
    });
    let given: unknown;
    const asked = V2((kept) => {
      given = kept;
      return kept;
    });
    expect(keptBy(asked, { ...ENVELOPE, checkpoint: null, timers: [] }).checkpoint).toBeNull();
    expect(given).toEqual({ snapshot: null, input: { about: 'tea' } });
  });

  test.each<[string, NonNullable<BehaviourSpec['migrate']>[number], RegExp]>([
    [
      'throws',
      () => {
        throw new Error('on purpose');
      },
      /on purpose/,
    ],
    ['returns nothing', (() => undefined) as never, /must return/],
    ['fails later', (() => Promise.reject(new Error('later'))) as never, /not waited for/],
    ['returns a promise', (async () => ({ snapshot: 1, input: 1 })) as never, /not waited for/],
    [
      'forgets the input',
      (({ snapshot }: { snapshot: unknown }) => ({ snapshot })) as never,
      /must return/,
    ],
    ['makes NaN', () => ({ snapshot: { a: [NaN] }, input: 1 }), /a\.0/],
    ['makes a Date', () => ({ snapshot: new Date(0), input: 1 }), /snapshot/],
    ['makes a function of the input', () => ({ snapshot: {}, input: () => 1 }), /input/],
    ['makes undefined', () => ({ snapshot: undefined, input: 1 }), /snapshot/],
  ])('that %s is refused, with the cause', (_what, step, cause) => {
    const result = migrated(behaviourOf(V2(step)), ENVELOPE);
    expect(result).toMatchObject({ refused: expect.stringContaining('migrate[1] failed') });
    expect('cause' in result ? String(result.cause) : '').toMatch(cause);
  });
});

describe('refused is', () => {
  test.each<[string, BehaviourSpec, Partial<Envelope>, RegExp]>([
    ['a newer version', V1, { machineVersion: 2 }, /in version 2.*has version 1: deploy/],
    [
      'a version with no step from it',
      { ...V3, migrate: { 2: (kept) => kept } },
      {},
      /no migration from 1: add migrate\[1\]/,
    ],
    [
      'a gap in the chain',
      { ...V3, migrate: { 1: (kept) => kept } },
      {},
      /in version 1,.*no migration from 2/,
    ],
    [
      'another machine',
      V1,
      { machineId: 'cart' },
      /from the machine "cart", and is the machine "counter" here/,
    ],
    [
      'a machine, where there is none now',
      { logic: fromPromise(async () => 1) },
      {},
      /is no machine here/,
    ],
  ])('%s', (_what, spec, change, reason) => {
    const result = migrated(behaviourOf(spec), { ...ENVELOPE, ...change });
    expect(result).toMatchObject({ refused: expect.stringMatching(reason) });
  });
});

test('of which machine it is is noted where nobody had noted it', () => {
  expect(keptBy(V1, { ...ENVELOPE, machineId: null })).toEqual(ENVELOPE);
  expect(keptBy(V1)).toBe(ENVELOPE);
});

test.each([
  [{ version: 0 }, 'behaviours.it.version'],
  [{ version: 1.5 }, 'behaviours.it.version'],
  [{ version: '2' }, 'behaviours.it.version'],
  [{ migrate: [] }, 'behaviours.it.migrate'],
  [{ migrate: null }, 'behaviours.it.migrate'],
  [{ version: 2, migrate: { 1: 'up' } }, 'behaviours.it.migrate[1]'],
  [{ version: 2, migrate: { 2: () => null } }, 'a key of behaviours.it.migrate'],
  [{ version: 2, migrate: { 0: () => null } }, 'a key of behaviours.it.migrate'],
  [{ version: 2, migrate: { '01': () => null } }, 'a key of behaviours.it.migrate'],
])('%j is refused at the door', (options, option) => {
  const spec = { logic: first, ...options } as never;
  expect(() => checkedBehaviours({ it: spec })).toThrow(expect.objectContaining({ option }));
});
