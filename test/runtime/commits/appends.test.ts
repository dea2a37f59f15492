import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/index.ts';
import { bounded } from '../conversation/bounded-journal.ts';
import { rejectionOf } from '../fixture.ts';

// Entries on their way into the journal.

test('however many wait for the next commit, queueing one more copies none of them', async () => {
  const { clock, session, host, say, read, store } = await bounded({});
  store.break('stall');
  const first = say('0');
  const second = say('1');
  const row = host.appends;
  const more = Array.from({ length: 1_000 }, (_, n) => say(String(n + 2)));
  const run = session.run('none', () => undefined).catch(() => undefined);
  expect(row).toHaveLength(1_001);
  expect(host.appends).toBe(row);
  store.heal();
  await Promise.all([first, second, ...more, run]);
  await clock.settle();
  expect((await read()).map(({ data }) => Reflect.get(Object(data), 'content'))).toEqual(
    Array.from({ length: 1_002 }, (_, n) => String(n)),
  );
  // The next one has a row of its own.
  await say('x');
  expect(row).toHaveLength(1_001);
});

test('what a listener appends when it hears of what stood behind a lost one is recorded, after what must be', async () => {
  const { clock, session, say, entries, read, store, balanced } = await bounded({});
  let late: Promise<unknown> | null = null;
  session.subscribe((event) => {
    if (event.type !== 'session.attached') return;
    store.heal();
    late = say('late');
  });
  store.break('fail');
  const before = rejectionOf(entries(1));
  const lost = rejectionOf(say('lost'));
  const kept = rejectionOf(entries(1));
  session.attach();
  await before;
  expect(late).toBeNull();
  await clock.advance(LIMITS.commitRetryMs);
  await Promise.all([lost, kept, late]);
  await clock.settle();
  expect((await read()).map(({ data }) => data)).toMatchObject([
    { kind: 'operation' },
    { kind: 'operation' },
    { content: 'late' },
  ]);
  await balanced();
});
