import type { SessionRecord, Store } from '../../../src/index.ts';
import { DAMAGED_SCHEMA, RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import type { SimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import type { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { after } from './fixture.ts';

/** What may be found in a row, as a store gives it out. */
export const SPOILT = [
  ['that is no JSON', { schema: DAMAGED_SCHEMA, session: null, snapshot: null }, /is damaged/],
  ['whose session is null', { session: null }, /has no session/],
  ['whose session is empty', { session: {} }, /createdAt is missing/],
  ['in a state of a newer version', { state: 'archived' }, /in the state "archived"/],
  [
    'in a state and a schema of a newer version',
    { state: 'archived', schema: RECORD_SCHEMA + 1 },
    new RegExp(`schema ${RECORD_SCHEMA + 1}`),
  ],
] as const;

/** Writes that into the record of a session, past all types. */
export const spoil = async (
  { clock, disk }: { clock: VirtualClock; disk: SimulatedDisk },
  id: string,
  change: object,
): Promise<void> => {
  const store = disk.open();
  const record = await after(clock, store.load(id));
  if (record === null) throw new Error('It is not there.');
  const { token: _token, epoch: _epoch, journalSeq: _seq, ...given } = record;
  await after(clock, store.remove(record));
  const spoilt = { ...given, ...change } as unknown as SessionRecord; // That is the point of it.
  await after(clock, store.create(spoilt));
  await after(clock, store.close());
};

/** The disk, whose stores are changed by that. */
export const behind = (
  disk: SimulatedDisk,
  change: (store: Store) => Partial<Store>,
): SimulatedDisk => ({
  ...disk,
  open() {
    const store = disk.open();
    const changed = change(store);
    return new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(changed, name) ?? Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  },
});
