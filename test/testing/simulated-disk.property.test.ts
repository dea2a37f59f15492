import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JournalEntry, SessionRecord, Store } from '../../src/store/contract.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { newRecord } from '../../src/testing/store-contract/case.ts';
import { createVirtualClock, type VirtualClock } from '../../src/time/virtual-clock.ts';
import { seeded } from '../contract/seeded.ts';

const IDS = ['a', 'b', 'c', 'd'];

type Write =
  | { op: 'create' | 'claim' | 'release' | 'remove'; id: string }
  | { op: 'commit'; id: string; append: number; trimBefore: number; to: string }
  | { op: 'alive'; id: string; at: number };

type Step =
  | Write
  | { op: 'wait'; ms: number }
  | { op: 'full'; isFull: boolean }
  | { op: 'crash'; keep: number }
  | { op: 'close' };

const id = fc.constantFrom(...IDS);
const op = <O extends Step['op']>(name: O) => fc.constant(name);
const COMMIT = fc.record({
  op: op('commit'),
  id,
  append: fc.nat({ max: 3 }),
  trimBefore: fc.nat({ max: 4 }),
  to: id,
});
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: COMMIT },
  { weight: 4, arbitrary: fc.record({ op: op('create'), id }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('claim', 'release', 'remove'), id }) },
  { weight: 1, arbitrary: fc.record({ op: op('alive'), id, at: fc.nat({ max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ op: op('wait'), ms: fc.nat({ max: 15 }) }) },
  { weight: 1, arbitrary: fc.record({ op: op('full'), isFull: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: op('crash'), keep: fc.nat({ max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ op: op('close') }) },
);

/** All that there is, as a process reads it or as it is durable. */
interface Contents {
  readonly records: readonly SessionRecord[];
  readonly journals: Readonly<Record<string, readonly JournalEntry[]>>;
  readonly aliveAt: number | null;
}

const durable = (disk: SimulatedDisk): Contents => ({
  records: disk.records(),
  journals: Object.fromEntries(IDS.map((one) => [one, disk.journal(one)])),
  aliveAt: disk.aliveAt,
});

/** `aliveAt` cannot be read without a write: the model knows it. */
const readable = async (store: Store, aliveAt: number | null): Promise<Contents> => {
  const { records } = await store.list({ limit: 99 });
  const journals: Record<string, readonly JournalEntry[]> = {};
  for (const one of IDS) journals[one] = await store.readJournal(one, { after: 0, limit: 99 });
  return { records, journals, aliveAt };
};

const asked = (store: Store, write: Write, held: SessionRecord): Promise<unknown> => {
  if (write.op === 'create') return store.create(newRecord(write.id, { owner: 'p1' }));
  if (write.op === 'claim') return store.claim(write.id, 'p1');
  if (write.op === 'release') return store.release(held);
  if (write.op === 'alive') return store.alive(write.at);
  if (write.op !== 'commit') return store.remove(held);
  const append = Array.from({ length: write.append }, (_, n) => held.journalSeq + n + 1);
  return store.commit(held, { append, trimBefore: write.trimBefore, id: write.to });
};

/**
 * A disk and its model: what could be read after each write since what is durable for certain. An acknowledgement takes
 * the first away, and only a crash cuts off the end.
 */
class World {
  readonly clock: VirtualClock = createVirtualClock();
  readonly disk: SimulatedDisk;
  /** Stands for what is not there: no store knows its token. */
  readonly #unknown: SessionRecord;
  #store: Store;
  #after: Contents[];
  #isFull = false;
  #process = 1;

  constructor(syncMs: () => number, unknown: SessionRecord) {
    this.disk = createSimulatedDisk({ clock: this.clock, syncMs });
    this.#unknown = unknown;
    this.#store = this.disk.open();
    this.#after = [durable(this.disk)];
  }

  async take(step: Step): Promise<void> {
    if (step.op === 'wait') await this.clock.advance(step.ms);
    else if (step.op === 'crash') this.#crash(step.keep);
    else if (step.op === 'close') await this.#close();
    else if (step.op === 'full') {
      this.#isFull = step.isFull;
      this.disk.full(step.isFull);
    } else await this.#write(step);
    await this.clock.settle();
    expect(this.disk.unsynced).toBe(this.#after.length - 1);
    expect(durable(this.disk)).toEqual(this.#after[0]);
    expect(await readable(this.#store, this.#newest.aliveAt)).toEqual(this.#newest);
  }

  get #newest(): Contents {
    const newest = this.#after.at(-1);
    if (newest === undefined) throw new Error('more was acknowledged than was written');
    return newest;
  }

  async #write(write: Write): Promise<void> {
    const process = this.#process;
    const held = (await this.#store.load(write.id)) ?? { ...this.#unknown, id: write.id };
    const { unsynced } = this.disk;
    const answer = asked(this.#store, write, held);
    if (this.disk.unsynced === unsynced) {
      await answer.catch(() => {});
      return;
    }
    expect(this.#isFull).toBe(false);
    const { aliveAt } = this.#newest;
    const noted = write.op === 'alive' ? Math.max(write.at, aliveAt ?? 0) : aliveAt;
    this.#after.push(await readable(this.#store, noted));
    void answer.then(() => {
      expect(process).toBe(this.#process);
      this.#after.shift();
    });
  }

  #crash(keep: number): void {
    this.disk.crash({ keep });
    this.#reopen(this.#after[Math.min(keep, this.#after.length - 1)]);
  }

  async #close(): Promise<void> {
    const closed = this.#store.close();
    await this.clock.advance(1_000);
    await closed;
    expect(this.#after).toHaveLength(1);
    this.#reopen(this.#newest);
  }

  #reopen(expected: Contents | undefined): void {
    expect(durable(this.disk)).toEqual(expected);
    this.#process += 1;
    this.#store = this.disk.open();
    const { records, ...rest } = durable(this.disk);
    const freed = (expected?.records ?? []).map((record) => ({ ...record, owner: null }));
    expect(records).toEqual(freed);
    this.#after = [{ records, ...rest }];
  }
}

test('whatever is done when it crashes, it holds all that was acknowledged and a whole prefix of the rest', async () => {
  const unknown = await createSimulatedDisk({ clock: createVirtualClock() })
    .open()
    .create(newRecord('unknown'));
  const steps = fc.array(STEP, { maxLength: 30 });
  const property = fc.asyncProperty(fc.nat(), steps, async (seed, taken) => {
    const random = seeded(seed);
    const world = new World(() => Math.max(0, Math.floor(random() * 14) - 2), unknown);
    for (const step of taken) await world.take(step);
  });
  await fc.assert(property, { numRuns: 300 });
});
