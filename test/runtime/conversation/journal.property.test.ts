import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createMemoryStore,
  JournalFullError,
  OutcomeUnknown,
  type Store,
  StoreError,
} from '../../../src/index.ts';
import { appendEntries } from '../../../src/runtime/commits/commits.ts';
import { isMessageEntry } from '../../../src/runtime/conversation/journal-entries.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { openRuntime } from '../fixture.ts';

/*
 * A conversation over a store that delays, fails and loses answers: whoever was told that a message is in finds it
 * there, once and in its place; whoever was told that it is not, does not; and the bounds hold at every commit.
 */

type Step =
  | { do: 'say'; sizes: readonly number[] }
  | { do: 'work' }
  | { do: 'advance'; ms: number }
  | { do: 'store'; fault: 'fail' | 'lose-answer' | 'lose-request' | undefined };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      sizes: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('work' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(0, 10, 60, 500, 3_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      fault: fc.constantFrom(
        'fail' as const,
        'lose-answer' as const,
        'lose-request' as const,
        undefined,
      ),
    }),
  },
);

const settings = fc.record({
  maxEntries: fc.integer({ min: 1, max: 12 }),
  maxBytes: fc.integer({ min: 200, max: 2_500 }),
  onFull: fc.constantFrom('refuse' as const, 'drop-oldest' as const),
});

const sizeOf = (data: unknown): number => Buffer.byteLength(JSON.stringify(data));

/** A store that notes what was appended to it, and how much its journals held after each commit. */
const watched = (inner: Store) => {
  const log: { seq: number; data: unknown }[] = [];
  const held: { entries: number; bytes: number; exempt: number }[] = [];
  const commit: Store['commit'] = async (before, change) => {
    const after = await inner.commit(before, change);
    for (const [index, data] of (change.append ?? []).entries()) {
      log.push({ seq: before.journalSeq + index + 1, data });
    }
    const entries = await inner.readJournal(after.id, { after: 0, limit: 1_000 });
    const bytes = entries.reduce((sum, { data }) => sum + sizeOf(data), 0);
    const exempt = log.filter(({ data }) => !isMessageEntry(data)).length;
    held.push({ entries: entries.length, bytes, exempt });
    return after;
  };
  const store = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'commit') return commit;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { store, log, held };
};

interface Said {
  readonly text: string;
  outcome: { in: number } | { error: unknown } | null;
}

const run = async (
  seed: number,
  journal: { maxEntries: number; maxBytes: number; onFull: 'refuse' | 'drop-oldest' },
  steps: readonly Step[],
) => {
  const clock = createVirtualClock();
  const { store: memory, log, held } = watched(createMemoryStore());
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const rates = { failRate: 0.08, lostAnswerRate: 0.06, lostRequestRate: 0.04 };
  const store = faultyStore(memory, {
    clock,
    random,
    delayMs: [0, 40],
    ...rates,
    only: (method) => method !== 'create',
  });
  const { context, runtime, events } = openRuntime({ store, clock, journal });
  const creating = runtime.create({ principal: 'ada' });
  await clock.advance(100);
  const session = await creating;
  const host = context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  const said: Said[] = [];
  const say = (size: number): void => {
    const one: Said = { text: `${said.length}`.padEnd(size, 'é'), outcome: null };
    said.push(one);
    session.append({ role: 'user', content: one.text }).then(
      ({ seq }) => {
        one.outcome = { in: seq };
      },
      (error: unknown) => {
        one.outcome = { error };
      },
    );
  };
  for (const one of steps) {
    if (one.do === 'say') for (const size of one.sizes) say(size);
    else if (one.do === 'advance') await clock.advance(one.ms);
    else if (one.do === 'store') store.break(one.fault);
    else appendEntries(context, host, [{ kind: 'operation' }], true).catch(() => undefined);
    await clock.settle();
  }
  store.heal();
  await clock.advance(31_000);
  const told = events.flatMap((e) => (e.type === 'session.appended' ? [e.journalSeq] : []));
  const record = await memory.load(session.id);
  const kept = await memory.readJournal(session.id, { after: 0, limit: 1_000 });
  return { log, held, said, told, record, kept, host, store };
};

test('a message is in where its caller was told so, and only there; the bounds hold at every commit', async () => {
  const seen = { in: 0, full: 0, failed: 0, unknown: 0, trimmed: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      settings,
      fc.array(step, { minLength: 3, maxLength: 25 }),
      async (seed, journal, steps) => {
        const { log, held, said, told, record, kept, host } = await run(seed, journal, steps);
        const messages = log.filter(({ data }) => isMessageEntry(data));
        const placesOf = (text: string) =>
          messages.filter(({ data }) => isMessageEntry(data) && data.content === text);
        for (const { text, outcome } of said) {
          if (outcome === null) throw new Error(`${text} was never answered`);
          const places = placesOf(text).map(({ seq }) => seq);
          if ('in' in outcome) {
            seen.in += 1;
            expect(places).toEqual([outcome.in]);
          } else if (outcome.error instanceof OutcomeUnknown) {
            seen.unknown += 1;
            expect(places.length).toBeLessThanOrEqual(1);
          } else {
            const full = outcome.error instanceof JournalFullError;
            if (!full) expect(outcome.error).toBeInstanceOf(StoreError);
            seen[full ? 'full' : 'failed'] += 1;
            expect(places).toEqual([]);
          }
        }
        // In call order, each told of once, in order.
        const order = messages.map(({ data }) =>
          isMessageEntry(data) ? said.findIndex(({ text }) => text === data.content) : -1,
        );
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(told).toEqual(messages.map(({ seq }) => seq));
        for (const { entries, bytes, exempt } of held) {
          expect(entries).toBeLessThanOrEqual(journal.maxEntries + exempt);
          expect(bytes).toBeLessThanOrEqual(journal.maxBytes + exempt * 30);
        }
        // The account is the journal as it is, and nothing is on its way for ever.
        const first = kept[0]?.seq ?? log.length + 1;
        if (first > 1) seen.trimmed += 1;
        const bytes = kept.reduce((sum, { data }) => sum + sizeOf(data), 0);
        expect(record?.session.journal).toEqual({ first, bytes });
        expect([host.appending, host.appendingBytes, host.makingRoom]).toEqual([0, 0, null]);
      },
    ),
    { numRuns: 400 },
  );
  // The runs did what they are for.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
}, 60_000);
