import { expect } from 'vitest';
import { createMemoryStore, type JournalOptions, type RuntimeOptions } from '../../../src/index.ts';
import { appendEntries } from '../../../src/runtime/commits/commits.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { openRuntime } from '../fixture.ts';

/** A session with a bounded journal, its store, and what the two of them say is in it. */
export const bounded = async (
  journal: JournalOptions,
  operations: NonNullable<RuntimeOptions['operations']> = {},
) => {
  const memory = createMemoryStore();
  const clock = createVirtualClock();
  const store = faultyStore(memory, { clock, random: () => 0.5 });
  const world = openRuntime({ store, clock, journal, operations });
  const session = await world.runtime.create({ principal: 'ada' });
  const host = world.context.hosts.get(session.id);
  if (host === undefined) throw new Error('no host');
  const say = (content: string) => session.append({ role: 'user', content });
  const sayAll = (count: number, content = 'x') =>
    Promise.allSettled(Array.from({ length: count }, () => say(content)));
  const read = () => memory.readJournal(session.id, { after: 0, limit: 20_000 });
  const seqs = async () => (await read()).map(({ seq }) => seq);
  const bytes = async () =>
    (await read()).reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0);
  /** The record's account of the journal is the journal as it is. */
  const balanced = async () => {
    const { first, bytes: recorded } = (await memory.load(session.id))?.session.journal ?? {};
    expect(recorded).toBe(await bytes());
    expect(first).toBe((await seqs())[0] ?? 1);
    expect([host.appending, host.appendingBytes]).toEqual([0, 0]);
  };
  const entries = (count: number, data: unknown = { kind: 'operation', phase: 'finished' }) =>
    appendEntries(
      world.context,
      host,
      Array.from({ length: count }, () => data),
      true,
    );
  return {
    ...world,
    clock,
    store,
    memory,
    session,
    host,
    say,
    sayAll,
    read,
    seqs,
    bytes,
    balanced,
    entries,
  };
};

/** How many of them were done. */
export const fulfilled = (results: readonly PromiseSettledResult<unknown>[]): number =>
  results.filter(({ status }) => status === 'fulfilled').length;

/** The bytes of an entry with an empty text. */
export const EMPTY = 64;
