import { expect, test } from 'vitest';
import { JournalFullError, type RuntimeOptions, StoreError } from '../../../src/index.ts';
import type { SimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { rejectionOf } from '../fixture.ts';
import { after, crash, durableRuntime, faultyProcess, processOver } from './fixture.ts';
import { behind } from './spoilt-records.ts';

// Durable operations that a process left: what becomes of them where they cannot be decided about at once.

const HANGING = { bill: () => new Promise<never>(() => undefined) };
const BILLED = { bill: () => 'billed' };

/** A session whose durable operations of those ids are under way. */
const billing = async (ids = ['op-1'], options: RuntimeOptions = {}) => {
  const process = durableRuntime({ operations: HANGING, ...options });
  const { clock, runtime } = process;
  const session = await after(clock, runtime.create({ principal: 'ada' }));
  for (const id of ids) session.run('bill', 1, { durable: true, id }).catch(() => undefined);
  await clock.advance(50);
  return { ...process, session, id: session.id };
};

/** An `onInterrupted` that notes which operations it is asked about, and gives that answer. */
const asking = (answer: () => 'again' | undefined | Promise<never>) => {
  const asked: string[] = [];
  const onInterrupted: NonNullable<RuntimeOptions['onInterrupted']> = (_session, { operation }) => {
    asked.push(operation);
    return answer();
  };
  return { asked, onInterrupted };
};

const { onInterrupted: AGAIN } = asking(() => 'again');

/** The operations that the record says are unfinished. */
const leftIn = (disk: SimulatedDisk): readonly string[] =>
  disk.records()[0]?.session.operations.map(({ operation }) => operation) ?? [];

/** Where something went wrong, as it was told. */
const wrongIn = ({ events }: ReturnType<typeof processOver>): readonly string[] =>
  events.flatMap((event) =>
    event.type === 'runtime.error' ? [event.where.replace(/ of ses_.*/, '')] : [],
  );

/** The session in another process, in memory, with what was left of it seen to. */
const wokenIn = async ({ clock, runtime }: ReturnType<typeof processOver>, id: string) => {
  const session = await after(clock, runtime.get(id));
  await after(clock, session.touch(), 200);
  return session;
};

test('of a paused session nothing is decided before it is resumed, and then it is done again', async () => {
  const first = await billing();
  const { clock, disk, id } = first;
  await after(clock, first.session.pause());
  crash(first);
  const { asked, onInterrupted } = asking(() => 'again');
  const second = processOver(first, { operations: BILLED, onInterrupted });
  const session = await after(clock, second.runtime.get(id));
  await after(clock, session.append({ role: 'user', content: 'hello' }), 200);
  expect(session.info()).toMatchObject({ residency: 'resident', state: 'paused' });
  expect(asked).toEqual([]);
  expect(leftIn(disk)).toEqual(['op-1']);
  await after(clock, session.resume(), 200);
  expect(asked).toEqual(['op-1']);
  expect(disk.journal(id).at(-1)?.data).toMatchObject({ phase: 'finished', operation: 'op-1' });
  expect(leftIn(disk)).toEqual([]);
  expect(wrongIn(second)).toEqual([]);
});

test('what is to be done again and has no handler here is told, and stays for a process that has', async () => {
  const first = await billing();
  crash(first);
  const second = processOver(first, { onInterrupted: AGAIN });
  await wokenIn(second, first.id);
  expect(wrongIn(second)).toEqual(['onInterrupted']);
  expect(leftIn(first.disk)).toEqual(['op-1']);
  await after(first.clock, second.runtime.drain());
  const third = processOver(first, { operations: BILLED, onInterrupted: AGAIN });
  await wokenIn(third, first.id);
  expect(first.disk.journal(first.id).at(-1)?.data).toMatchObject({ phase: 'finished' });
  expect(leftIn(first.disk)).toEqual([]);
});

test('an onInterrupted that hangs has its time, holds no drain, and the next process asks again', async () => {
  const first = await billing();
  const { clock, disk } = first;
  crash(first);
  const hanging = asking(() => new Promise<never>(() => undefined));
  const second = processOver(first, { operations: BILLED, onInterrupted: hanging.onInterrupted });
  await wokenIn(second, first.id);
  expect(second.runtime.validateAll()).toEqual([]);
  expect(await after(clock, second.runtime.drain(), 6_000)).toMatchObject({
    hibernated: 1,
    left: [],
  });
  expect(wrongIn(second)).toEqual(['onInterrupted']);
  expect(leftIn(disk)).toEqual(['op-1']);
  const again = asking(() => undefined);
  const { onInterrupted } = again;
  await wokenIn(processOver(first, { operations: BILLED, onInterrupted }), first.id);
  expect([hanging.asked, again.asked]).toEqual([['op-1'], ['op-1']]);
  expect(leftIn(disk)).toEqual([]);
});

test('what waits for its place to be done again is asked about again after another crash', async () => {
  const ids = ['op-1', 'op-2'];
  const first = await billing(ids);
  crash(first);
  const { asked, onInterrupted } = asking(() => 'again');
  const options = { operations: HANGING, onInterrupted };
  const second = processOver(first, { ...options, maxConcurrentOperations: 1 });
  await wokenIn(second, first.id);
  expect(asked).toEqual(ids);
  crash(second);
  await wokenIn(processOver(first, options), first.id);
  expect(asked).toEqual([...ids, ...ids]);
});

test('a damaged journal is told once, and looked at again at the next wake', async () => {
  const first = await billing();
  const { clock, disk, id } = first;
  crash(first);
  let damaged = true;
  const behindIt = behind(disk, (store) => ({
    readJournal: (...asked) =>
      damaged
        ? Promise.reject(new StoreError('an entry is damaged', undefined, false))
        : store.readJournal(...asked),
  }));
  const { asked, onInterrupted } = asking(() => undefined);
  const options = { operations: BILLED, onInterrupted };
  const second = processOver({ clock, disk: behindIt }, options);
  const session = await wokenIn(second, id);
  await clock.advance(9_000);
  expect(wrongIn(second)).toEqual(['recovery of its operations']);
  expect(leftIn(disk)).toEqual(['op-1']);
  await clock.advance(20_000);
  expect(session.info().residency).toBe('stored');
  damaged = false;
  await after(clock, session.touch(), 200);
  expect(asked).toEqual(['op-1']);
  expect(leftIn(disk)).toEqual([]);
});

const BOUNDED = { maxEntries: 4, onFull: 'drop-oldest' } as const;

/** A process that woke the session, and could not read what was left of it. */
const undecided = async (first: Awaited<ReturnType<typeof billing>>) => {
  const { clock, id } = first;
  crash(first);
  const { asked, onInterrupted } = asking(() => undefined);
  const second = faultyProcess({ journal: BOUNDED, operations: HANGING, onInterrupted }, first);
  await clock.advance(50);
  const session = await after(clock, second.runtime.get(id));
  second.store.breakNext('readJournal', 'fail');
  await after(clock, session.touch());
  expect(asked).toEqual([]);
  expect(wrongIn(second)).toEqual(['recovery of its operations']);
  const append = (content: string) => {
    const appended = session.append({ role: 'user', content });
    return after(clock, appended, 20);
  };
  const starts = (): number =>
    first.disk.journal(id).filter(({ data }) => (data as { phase?: string }).phase === 'started')
      .length;
  return { ...second, asked, session, append, starts };
};

test('a full journal keeps the start of what was cut short until that is decided', async () => {
  const first = await billing(['op-1'], { journal: BOUNDED });
  const { clock, asked, session, append, starts } = await undecided(first);
  for (const content of ['2', '3', '4']) await append(content);
  expect(await rejectionOf(append('5'))).toBeInstanceOf(JournalFullError);
  expect(starts()).toBe(1);
  await clock.advance(20_000);
  expect(session.info().residency).toBe('stored');
  await after(clock, session.touch());
  expect(asked).toEqual(['op-1']);
  expect(leftIn(first.disk)).toEqual([]);
  // Now it may go.
  await append('5');
  expect(starts()).toBe(0);
});

test('what is older than that start goes', async () => {
  const first = durableRuntime({ operations: HANGING, journal: BOUNDED });
  const { clock, runtime } = first;
  const made = await after(clock, runtime.create({ principal: 'ada' }));
  await after(clock, made.append({ role: 'user', content: '1' }));
  made.run('bill', 1, { durable: true, id: 'op-1' }).catch(() => undefined);
  await clock.advance(50);
  // Its record says from here on where the start is.
  await after(clock, made.append({ role: 'user', content: '3' }));
  const { append, starts, disk } = await undecided({ ...first, session: made, id: made.id });
  await append('4');
  await append('5');
  expect(disk.journal(made.id).map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
  expect(await rejectionOf(append('6'))).toBeInstanceOf(JournalFullError);
  expect(starts()).toBe(1);
});
