import { expect, test } from 'vitest';
import { SessionUnreadableError } from '../../../src/index.ts';
import type { SimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { rejectionOf } from '../fixture.ts';
import { after as answered, crash, processOver, withStored } from './fixture.ts';
import { errorsIn, leftNewer, NEEDS, withNewer } from './newer-record.ts';

// What a newer version of Holdfast left is not for this one to touch.

const withoutToken = (disk: SimulatedDisk): unknown =>
  disk.records().map(({ token: _token, ...record }) => record);

test('a record of a newer schema is shown by its columns, says why, and nothing at all is done with it', async () => {
  const parts = await leftNewer('idle');
  const { clock, disk, id } = parts;
  const before = disk.records();
  const { runtime, events } = processOver(parts);
  const session = await answered(clock, runtime.get(id));
  expect(session.info()).toMatchObject({
    id,
    principal: 'ada',
    state: 'idle',
    residency: 'stored',
    behaviour: null,
    createdAt: 0,
    unreadable: expect.stringMatching(
      /schema \d+, and this process knows 1 to \d+: .*newer version/,
    ),
  });
  expect((await answered(clock, runtime.list())).sessions).toEqual([session.info()]);
  expect(session.health()).toMatchObject({ status: 'failing', silentMs: 0 });
  const more: typeof NEEDS = {
    ...NEEDS,
    terminate: () => session.terminate(),
    messages: () => session.messages(),
    terminateAll: () => runtime.terminateAll('ada'),
    beat: async () => session.beat(),
    attach: async () => session.attach(),
  };
  for (const [name, call] of Object.entries(more)) {
    const error = await rejectionOf(answered(clock, call(session), 20));
    expect(error, name).toBeInstanceOf(SessionUnreadableError);
  }
  await clock.advance(2_000_000);
  await answered(clock, runtime.drain());
  expect(disk.records()).toEqual(before);
  expect(errorsIn(events)).toMatchObject([{ error: { code: 'ERR_HOLDFAST_UNREADABLE' } }]);
});

test.each(['initializing', 'terminating', 'paused', 'terminated'] as const)(
  'a record of a newer schema is left as it is where it is %s',
  async (state) => {
    const parts = await leftNewer(state);
    const { clock, disk, id } = parts;
    const before = withoutToken(disk);
    const { runtime, events } = processOver(parts);
    const session = await answered(clock, runtime.get(id));
    expect(session.info()).toMatchObject({ state, reason: null, unreadable: expect.any(String) });
    const ended = await rejectionOf(answered(clock, session.terminate(), 20));
    expect(ended).toBeInstanceOf(SessionUnreadableError);
    await rejectionOf(answered(clock, session.touch(), 20));
    await clock.advance(2_000_000);
    expect(withoutToken(disk)).toEqual(before);
    expect(errorsIn(events).length).toBeLessThanOrEqual(1);
  },
);

test.each(['idle', 'paused'] as const)(
  'a record of a newer schema that is %s has its key: nobody else is made under it',
  async (state) => {
    const parts = await leftNewer(state);
    const { clock, disk, id, key } = parts;
    const { runtime } = processOver(parts);
    const session = await answered(clock, runtime.getOrCreate({ principal: 'ada', key }));
    expect(session.id).toBe(id);
    expect(await rejectionOf(answered(clock, session.touch()))).toBeInstanceOf(
      SessionUnreadableError,
    );
    expect(disk.records()).toHaveLength(1);
  },
);

test('a record of a newer schema that comes into being after it was looked at is given up again', async () => {
  const process = await withStored();
  const { session: made } = process;
  crash(process);
  const { id } = made;
  const { clock, disk } = process;
  const { runtime } = processOver({ clock, disk: withNewer(disk) });
  const session = await answered(clock, runtime.get(id));
  expect(session.info().unreadable).toBeNull();
  expect(await rejectionOf(answered(clock, session.touch()))).toBeInstanceOf(
    SessionUnreadableError,
  );
  expect(disk.records()).toMatchObject([{ owner: null }]);
  expect(runtime.stats().resident).toBe(0);
});
