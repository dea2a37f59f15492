import { expect, test } from 'vitest';
import type { Session, Store } from '../../../src/index.ts';
import { after, crash, durableRuntime, newDisk, processOver } from './fixture.ts';

// How many sessions a principal has is counted once, and along from there: what meets that count at the wrong moment.

type Held = 'count' | 'end' | 'rest' | 'create';

/** A store whose answers of these kinds come when they are let; a create is not begun before. */
const holding = (inner: Store, kinds: readonly Held[]) => {
  const waiting: Record<Held, (() => void)[]> = { count: [], end: [], rest: [], create: [] };
  const turn = async (what: Held): Promise<void> => {
    if (kinds.includes(what)) await new Promise<void>((resolve) => waiting[what].push(resolve));
  };
  const store: Store = {
    ...inner,
    close: () => inner.close(),
    create: (record) => turn('create').then(() => inner.create(record)),
    count: async (filter) => {
      const count = await inner.count(filter);
      if ('principal' in filter) await turn('count');
      return count;
    },
    commit: async (held, change) => {
      const record = await inner.commit(held, change);
      if (change.state === 'terminated') await turn('end');
      else if (change.session?.putAway === true) await turn('rest');
      return record;
    },
  };
  const letGo = (what: Held): void => {
    for (const go of waiting[what].splice(0)) go();
  };
  return { store, letGo };
};

/** How many of these creates were let in. */
const madeOf = async (asked: readonly Promise<Session>[]): Promise<number> =>
  (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled').length;

test.each([1, 3])(
  'none is let in too many where an end is heard just as its principal was counted without it: of %i',
  async (maxPerPrincipal) => {
    for (let turns = 0; turns < 30; turns += 1) {
      const first = durableRuntime({ maxPerPrincipal });
      const { clock, disk } = first;
      const made: Session[] = [];
      while (made.length < maxPerPrincipal) {
        made.push(await after(clock, first.runtime.create({ principal: 'ada' })));
      }
      crash(first);
      const { store, letGo } = holding(disk.open(), ['count', 'end']);
      const { runtime } = processOver(
        { clock, disk: { ...disk, open: () => store } },
        { maxPerPrincipal },
      );
      const ended = (await after(clock, runtime.get(made[0]?.id ?? ''))).terminate();
      await clock.advance(50);
      const asked = madeOf([1, 2].map(() => runtime.create({ principal: 'ada' })));
      await clock.advance(50);
      letGo('end');
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      letGo('count');
      await clock.advance(50);
      letGo('count');
      await clock.advance(50);
      expect([turns, await asked]).toEqual([turns, 1]);
      await ended;
    }
  },
);

test('one that waits for room counts, though all others of its principal have ended meanwhile', async () => {
  const { clock, disk } = newDisk();
  const { store, letGo } = holding(disk.open(), ['rest', 'create']);
  const { runtime } = processOver(
    { clock, disk: { ...disk, open: () => store } },
    { maxPerPrincipal: 3, maxResident: 4, deadlines: { hibernateAfterMs: 600_000 } },
  );
  const asked = ['bob', 'bob', 'bob', 'ada'].map((principal) => runtime.create({ principal }));
  await clock.advance(50);
  letGo('create');
  const [, , , only] = await after(clock, Promise.all(asked), 11_000);
  // Somebody who is put away makes room, when that is recorded.
  const waits = runtime.create({ principal: 'ada' });
  await clock.advance(50);
  await after(clock, only?.terminate() ?? Promise.reject(), 50);
  letGo('rest');
  await clock.advance(50);
  const others = madeOf([1, 2, 3].map(() => runtime.create({ principal: 'ada' })));
  await clock.advance(50);
  letGo('rest');
  await clock.advance(50);
  letGo('rest');
  await clock.advance(50);
  letGo('create');
  await clock.advance(50);
  letGo('create');
  await clock.advance(50);
  await waits;
  expect(await others).toBe(2);
});
