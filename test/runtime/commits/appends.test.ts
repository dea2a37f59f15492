import { expect, test } from 'vitest';
import { bounded } from '../conversation/bounded-journal.ts';
import { rejectionOf } from '../fixture.ts';

// Entries on their way into the journal.

test('however many wait for the next commit, queueing one more copies none of them', async () => {
  let finish = (): void => undefined;
  const work = () =>
    new Promise<void>((resolve) => {
      finish = resolve;
    });
  const { clock, session, host, say, read, store } = await bounded({}, { work });
  const run = session.run('work', null, { durable: true });
  await clock.settle();
  store.break('stall');
  const first = say('0');
  const second = say('1');
  const row = host.appends;
  const more = Array.from({ length: 1_000 }, (_, n) => say(String(n + 2)));
  finish();
  await clock.settle();
  expect(row).toHaveLength(1_002);
  expect(host.appends).toBe(row);
  store.heal();
  await Promise.all([first, second, ...more, run]);
  const contents = (await read()).map(({ data }) => Reflect.get(Object(data), 'content'));
  expect(contents.slice(1, -1)).toEqual(Array.from({ length: 1_002 }, (_, n) => String(n)));
  // The next one has a row of its own.
  await say('x');
  expect(row).toHaveLength(1_002);
});

test.each(['fail', 'lose-request'] as const)(
  'where a store (%s) loses an entry, what a listener then appends is recorded, after what must be',
  async (fault) => {
    const { clock, session, say, entries, read, store, balanced } = await bounded({});
    let late: Promise<unknown> | null = null;
    session.subscribe((event) => {
      if (event.type !== 'session.attached') return;
      store.heal();
      late = say('late');
    });
    store.break(fault);
    await rejectionOf(entries(1));
    const lost = rejectionOf(say('lost'));
    entries(1).catch(() => undefined);
    // It stands behind the lost one in the row, and is told when that is taken out.
    session.attach();
    expect(late).toBeNull();
    await lost;
    await clock.settle();
    expect(await late).toMatchObject({ seq: 3 });
    expect((await read()).map(({ data }) => data)).toMatchObject([
      { kind: 'operation' },
      { kind: 'operation' },
      { content: 'late' },
    ]);
    await balanced();
  },
);
