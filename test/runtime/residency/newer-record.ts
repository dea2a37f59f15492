import type { SessionState } from '../../../machines/index.ts';
import type { LifecycleEvent, Session, StoredSession } from '../../../src/index.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import type { SimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { after, crash, durableRuntime } from './fixture.ts';

const DEADLINE = {
  initializing: 'unfinished',
  terminating: 'unfinished',
  terminated: 'tombstone',
  paused: 'pausedTimeout',
  idle: 'idleTimeout',
  active: 'idleTimeout',
} as const;

/** A disk with one record of ada's that a newer version of the code left: nobody here knows what is in it. */
export const leftNewer = async (state: SessionState) => {
  const process = durableRuntime();
  const { clock, disk, runtime } = process;
  const session = await after(clock, runtime.getOrCreate({ principal: 'ada', key: 'chat' }));
  crash(process);
  const store = disk.open();
  const record = await after(clock, store.load(session.id));
  if (record === null) throw new Error('It is not there.');
  const { token: _token, epoch: _epoch, journalSeq: _seq, ...given } = record;
  await after(clock, store.remove(record));
  const unknown = { entirely: 'other' } as unknown as StoredSession; // That is the point of it.
  await after(
    clock,
    store.create({
      ...given,
      state,
      due: { at: clock.wall() + 1_000, deadline: DEADLINE[state] },
      schema: RECORD_SCHEMA + 1,
      session: unknown,
      snapshot: ['other', 'too'],
    }),
  );
  await after(clock, store.close());
  return { clock, disk, id: session.id, key: 'chat' };
};

/** The disk, but what is claimed turns out to have been written anew by a newer process meanwhile. */
export const withNewer = (disk: SimulatedDisk): SimulatedDisk => ({
  ...disk,
  open() {
    const store = disk.open();
    const claim = async (id: string, owner: string) => {
      const record = await store.claim(id, owner);
      return record === null ? null : { ...record, schema: RECORD_SCHEMA + 1 };
    };
    return new Proxy(store, {
      get(target, name) {
        const value: unknown = name === 'claim' ? claim : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  },
});

/** All that needs the session's actor. */
export const NEEDS: Readonly<Record<string, (session: Session) => Promise<unknown>>> = {
  touch: (session) => session.touch(),
  run: (session) => session.run('x', () => 1),
  send: (session) => session.send({ type: 'count' }),
  update: (session) => session.update(() => 1),
  append: (session) => session.append({ role: 'user', content: 'x' }),
  pause: (session) => session.pause(),
  resume: (session) => session.resume(),
  rotateId: (session) => session.rotateId(),
};

/** What went wrong, as it was told. */
export const errorsIn = (events: readonly LifecycleEvent[]): readonly LifecycleEvent[] =>
  events.filter(({ type }) => type === 'runtime.error');
