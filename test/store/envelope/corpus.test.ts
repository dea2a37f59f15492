import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InterruptedOperation, RuntimeOptions, Session } from '../../../src/index.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import {
  createSimulatedDisk,
  createTestRuntime,
  createVirtualClock,
  type SimulatedDisk,
  type TestRuntime,
} from '../../../src/testing/index.ts';
import type { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { CORPUS_OPTIONS } from './corpus-application.ts';
import { type CorpusEntry, makeCorpus } from './make-corpus.ts';

/*
 * Records as real processes left them, in every schema there ever was, woken by the code of today.
 *
 * To add the present version, when RECORD_SCHEMA was raised (the file of an older one is never written again: those are
 * what is on other people's disks):
 *
 *     CORPUS=write npx vitest run test/store/envelope/corpus.test.ts
 *
 * A new kind of record is a case in make-corpus.ts and what it comes to below; then the present file is made anew by the
 * same command. Older files have it only where older code is run: unpack it with `git archive`, put make-corpus.ts and
 * corpus-application.ts there, and write what `makeCorpus` gives to the file of its schema.
 */

const fileOf = (schema: number): URL =>
  new URL(`../../fixtures/records/schema-${schema}.json`, import.meta.url);

if (process.env['CORPUS'] === 'write') {
  writeFileSync(fileOf(RECORD_SCHEMA), `${JSON.stringify(await makeCorpus(), null, 2)}\n`);
}

const SCHEMAS = Array.from({ length: RECORD_SCHEMA }, (_, index) => index + 1);

const entriesOf = (schema: number): readonly CorpusEntry[] =>
  existsSync(fileOf(schema)) ? JSON.parse(readFileSync(fileOf(schema), 'utf8')) : [];

/** A disk that has just this record, on a clock that says so much more than when it was read. */
const diskWith = async (
  { record, journal, wall }: CorpusEntry,
  laterMs: number,
): Promise<{ clock: VirtualClock; disk: SimulatedDisk }> => {
  const clock = createVirtualClock({ wall: wall + laterMs });
  const disk = createSimulatedDisk({ clock });
  const store = disk.open();
  const { token: _token, epoch: _epoch, journalSeq: _seq, ...given } = record;
  const made = await store.create({ ...given, owner: null });
  if (journal.length > 0) {
    await store.commit(made, { append: journal.map(({ data }) => data) });
  }
  await store.alive(wall);
  await store.close();
  return { clock, disk };
};

/** A record, and a process of today over it. */
interface Woken {
  readonly bench: TestRuntime;
  readonly disk: SimulatedDisk;
  readonly session: Session;
  readonly entry: CorpusEntry;
  readonly interrupted: readonly InterruptedOperation[];
  readonly cleaned: readonly string[];
}

const over = async (entry: CorpusEntry, laterMs = 1_000): Promise<Omit<Woken, 'session'>> => {
  const { clock, disk } = await diskWith(entry, laterMs);
  const interrupted: InterruptedOperation[] = [];
  const cleaned: string[] = [];
  const options: RuntimeOptions = {
    ...CORPUS_OPTIONS,
    cleanup: (_session, reason) => {
      cleaned.push(reason);
    },
    onInterrupted: (_session, operation) => {
      interrupted.push(operation);
      return undefined;
    },
  };
  const bench = createTestRuntime({ ...options, clock, disk });
  onTestFinished(async () => {
    await bench.close();
    bench.expectNoLeaks();
  });
  await bench.settle();
  return { bench, disk, entry, interrupted, cleaned };
};

/** The same, and it was touched. */
const woken = async (entry: CorpusEntry, laterMs?: number): Promise<Woken> => {
  const parts = await over(entry, laterMs);
  const session = await parts.bench.runtime.get(entry.record.id);
  expect(session.info()).toMatchObject({ residency: 'stored', unreadable: null });
  await session.touch();
  return { ...parts, session };
};

const contextOf = (session: Session): unknown => session.behaviour?.getSnapshot().context;

const HOUR = 3_600_000;

/** What each of them comes to. */
const EXPECTED: Readonly<Record<string, (entry: CorpusEntry) => Promise<void>>> = {
  async 'active when its process was gone'(entry) {
    const { session, disk } = await woken(entry);
    expect(session.info()).toMatchObject({ state: 'active', principal: 'ada' });
    await session.update(() => ({ now: true }));
    expect(disk.records()).toMatchObject([{ schema: RECORD_SCHEMA, snapshot: null }]);
  },
  async 'idle, put away'(entry) {
    const { session, bench } = await woken(entry);
    expect(session.info()).toMatchObject({
      key: 'chat',
      client: { name: 'a client', version: '1.0', capabilities: { roots: {} } },
      metadata: { team: 'blue', tags: ['a', 'b'] },
      mcpServers: [{ name: 'files', url: 'http://127.0.0.1/mcp' }],
      createdAt: entry.record.session.createdAt,
      expiresAt: entry.record.session.expiresAt,
    });
    const again = await bench.runtime.getOrCreate({ principal: 'ada', key: 'chat' });
    expect(again.id).toBe(session.id);
  },
  async 'paused, put away'(entry) {
    const { session } = await woken(entry);
    expect(session.state).toBe('paused');
    await session.resume();
    expect(session.state).toBe('active');
  },
  async 'with data and messages'(entry) {
    const { session } = await woken(entry);
    expect(session.data).toEqual({ n: 2, list: [1, null, 'x'] });
    const { messages } = await session.messages();
    expect(messages).toMatchObject([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello too' }] },
    ]);
    expect((await session.append({ role: 'user', content: 'And on' })).seq).toBe(3);
    const kept = entry.record.schema < 3 ? null : { level: 'debug', subs: ['a'] };
    expect(session.frontEnd('mcp').value).toEqual(kept);
  },
  async 'a behaviour that had just begun'(entry) {
    const { session } = await woken(entry);
    expect(session.behaviour).toMatchObject({ status: 'running', incarnation: 1 });
    expect(contextOf(session)).toMatchObject({ given: { about: 'tea' }, answers: [] });
  },
  async 'a behaviour with a delay'(entry) {
    const { session, bench, disk } = await woken(entry);
    expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'waiting' });
    expect(contextOf(session)).toMatchObject({ answers: ['yes'], reminded: 0 });
    // The reference to the session is put back.
    expect(contextOf(session)).toMatchObject({ session: { id: session.id } });
    await bench.advance(HOUR);
    expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'asking' });
    expect(contextOf(session)).toMatchObject({ reminded: 1 });
    expect(disk.records()).toMatchObject([
      { schema: RECORD_SCHEMA, snapshot: { machineId: 'reminder', machineVersion: 1 } },
    ]);
  },
  async 'a behaviour with a child'(entry) {
    const { session, bench } = await woken(entry);
    const kid = () => session.behaviour?.getSnapshot().children['kid']?.getSnapshot();
    expect(contextOf(session)).toEqual({ n: 2 });
    expect(kid()).toMatchObject({ value: 'young', context: { steps: 2 } });
    await bench.advance(2 * HOUR);
    await session.touch();
    expect(kid()).toMatchObject({ value: 'grown', context: { steps: 2 } });
  },
  async 'a behaviour that is no machine'(entry) {
    const { session } = await woken(entry);
    await session.send({ type: 'add', n: 2 } as { type: string });
    expect(contextOf(session)).toEqual({ total: 7 });
  },
  async 'a behaviour that is done'(entry) {
    const { session } = await woken(entry);
    expect(session.behaviour?.status).toBe('done');
    expect(session.behaviour?.getSnapshot()).toMatchObject({ value: 'gone' });
  },
  async 'a behaviour that failed'(entry) {
    const { session } = await woken(entry);
    expect(session.behaviour?.status).toBe('failed');
  },
  async terminated(entry) {
    const { bench, disk } = await over(entry);
    const session = await bench.runtime.get(entry.record.id);
    expect(session.info()).toMatchObject({ state: 'terminated', reason: 'client' });
    expect(session.data).toEqual({ n: 1 });
    expect((await session.messages()).messages).toMatchObject([{ content: 'Bye' }]);
    await bench.advance(HOUR);
    expect(disk.records()).toEqual([]);
  },
  async terminating(entry) {
    const { bench, disk, cleaned } = await over(entry);
    await bench.advance(1_000);
    expect(cleaned).toEqual(['operator']);
    expect(disk.records()).toMatchObject([
      { state: 'terminated', snapshot: null, schema: RECORD_SCHEMA },
    ]);
  },
  async initializing(entry) {
    const { bench, disk } = await over(entry);
    await bench.advance(1_000);
    expect(disk.records()).toMatchObject([
      { state: 'terminated', session: { reason: 'init-failed' } },
    ]);
  },
  async 'with an interrupted operation'(entry) {
    const { session, bench, interrupted } = await woken(entry);
    await bench.settle();
    expect(interrupted).toMatchObject([{ name: 'slow', input: { n: 2 } }]);
    expect(session.operations()).toEqual([]);
  },
};

describe.each(SCHEMAS)('records of schema %i', (schema) => {
  const entries = entriesOf(schema);

  test('there is one of each kind', () => {
    const names = entries.map(({ name }) => name);
    expect(names, `run: CORPUS=write npx vitest run ${'test/store/envelope'}`).toEqual(
      Object.keys(EXPECTED),
    );
    expect(new Set(entries.map(({ record }) => record.schema))).toEqual(new Set([schema]));
  });

  test.each(entries.map((entry) => [entry.name, entry] as const))('%s', async (name, entry) => {
    await EXPECTED[name]?.(entry);
    expect.hasAssertions();
  });
});

test('an event that was due while nobody hosted a session of schema 1 wakes it, and comes at once', async () => {
  const entry = entriesOf(1).find(({ name }) => name === 'a behaviour with a delay');
  if (entry === undefined) throw new Error('It is not in the corpus.');
  const { bench, disk } = await over(entry, HOUR);
  await bench.advance(1_000);
  expect(bench.runtime.stats().woken).toBe(1);
  expect(disk.records()).toMatchObject([
    { snapshot: { checkpoint: { snapshot: { context: { reminded: 1 } } } } },
  ]);
});

test('what the code of today writes has the shape of the newest file', async () => {
  const keysOf = (value: unknown): unknown =>
    typeof value !== 'object' || value === null ? typeof value : Object.keys(value).sort();
  const shapes = (entries: readonly CorpusEntry[]): unknown =>
    entries.map(({ name, record }) => ({
      name,
      record: keysOf(record),
      session: keysOf(record.session),
      snapshot: keysOf(JSON.parse(JSON.stringify(record.snapshot))),
    }));
  expect(shapes(await makeCorpus())).toEqual(shapes(entriesOf(RECORD_SCHEMA)));
});
