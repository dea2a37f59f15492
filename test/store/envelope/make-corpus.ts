import type { RuntimeOptions } from '../../../src/index.ts';
import type { JournalEntry, SessionRecord } from '../../../src/store/contract.ts';
import {
  createSimulatedDisk,
  createTestRuntime,
  createVirtualClock,
  type TestRuntime,
} from '../../../src/testing/index.ts';
import { CORPUS_OPTIONS } from './corpus-application.ts';

/*
 * Makes records as a process of this code leaves them behind. It uses public names only, so that it can be run over
 * older code too.
 */

/** One record with its journal, as the store had it at `wall`. */
export interface CorpusEntry {
  readonly name: string;
  /** Wall time at which it was read, ms since the epoch. */
  readonly wall: number;
  readonly record: SessionRecord;
  readonly journal: readonly JournalEntry[];
}

interface Case {
  readonly options?: RuntimeOptions;
  /** Lives the life that ends in the record. */
  live(bench: TestRuntime): Promise<unknown>;
}

const never = (): Promise<never> => new Promise(() => undefined);

/** Long enough to be put away. */
const REST_MS = 10_000;

const CASES: Readonly<Record<string, Case>> = {
  'active when its process was gone': {
    live: ({ runtime }) => runtime.create({ principal: 'ada' }),
  },
  'idle, put away': {
    async live({ runtime, advance }) {
      await runtime.getOrCreate({
        principal: 'ada',
        key: 'chat',
        client: { name: 'a client', version: '1.0', capabilities: { roots: {} } },
        metadata: { team: 'blue', tags: ['a', 'b'] },
        mcpServers: [{ name: 'files', url: 'http://127.0.0.1/mcp' }],
      });
      await advance(REST_MS);
    },
  },
  'paused, put away': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ principal: 'ada' });
      await session.pause();
      await advance(REST_MS);
    },
  },
  'with data and messages': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ principal: null, data: { n: 1 } });
      await session.append({ role: 'user', content: 'Hello' });
      await session.append({ role: 'assistant', content: [{ type: 'text', text: 'Hello too' }] });
      await session.update(() => ({ n: 2, list: [1, null, 'x'] }));
      // Older code has none.
      if ('frontEnd' in session) await session.frontEnd('mcp').set({ level: 'debug', subs: ['a'] });
      await advance(REST_MS);
    },
  },
  'a behaviour that had just begun': {
    live: ({ runtime }) => runtime.create({ behaviour: 'reminder', input: { about: 'tea' } }),
  },
  'a behaviour with a delay': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ behaviour: 'reminder', input: { about: 'tea' } });
      await session.send({ type: 'answer', text: 'yes' } as { type: string });
      await advance(REST_MS);
    },
  },
  'a behaviour with a child': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ behaviour: 'family' });
      await session.send({ type: 'step' });
      await session.send({ type: 'step' });
      await advance(REST_MS);
    },
  },
  'a behaviour that is no machine': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ behaviour: 'sums' });
      await session.send({ type: 'add', n: 5 } as { type: string });
      await advance(REST_MS);
    },
  },
  'a behaviour that is done': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ behaviour: 'once' });
      await session.send({ type: 'end' });
      await advance(REST_MS);
    },
  },
  'a behaviour that failed': {
    async live({ runtime, advance }) {
      const session = await runtime.create({ behaviour: 'failing' });
      await session.send({ type: 'fail' });
      await advance(REST_MS);
    },
  },
  terminated: {
    async live({ runtime }) {
      const session = await runtime.create({ principal: 'ada', data: { n: 1 } });
      await session.append({ role: 'user', content: 'Bye' });
      await session.terminate();
    },
  },
  terminating: {
    options: { cleanup: never },
    async live({ runtime, settle }) {
      const session = await runtime.create({ principal: 'ada', behaviour: 'reminder' });
      session.terminate('operator').catch(() => undefined);
      await settle();
    },
  },
  initializing: {
    options: { initialize: never },
    async live({ runtime, settle }) {
      runtime.create({ principal: 'ada', behaviour: 'reminder' }).catch(() => undefined);
      await settle();
    },
  },
  'with an interrupted operation': {
    options: { operations: { quick: () => 'done', slow: never } },
    async live({ runtime, settle, crash, advance }) {
      const session = await runtime.create({ principal: 'ada' });
      await session.run('quick', { n: 1 }, { durable: true });
      session.run('slow', { n: 2 }, { durable: true }).catch(() => undefined);
      await settle();
      // Its client is heard again before it is woken.
      (await crash().get(session.id)).beat();
      await advance(REST_MS);
    },
  },
};

const entryOf = async (name: string, { options = {}, live }: Case): Promise<CorpusEntry> => {
  const clock = createVirtualClock();
  const disk = createSimulatedDisk({ clock });
  const bench = createTestRuntime({ ...CORPUS_OPTIONS, ...options, clock, disk });
  const { runtime } = bench;
  await live({
    runtime,
    advance: (ms: number) => bench.advance(ms),
    settle: () => bench.settle(),
    crash: () => bench.crash(),
  } as TestRuntime); // What a case needs of one.
  await bench.settle();
  const [record, ...others] = disk.records();
  if (record === undefined || others.length > 0) throw new Error(`${name}: not one record`);
  const wall = clock.wall();
  const journal = disk.journal(record.id);
  bench.crash();
  return { name, wall, record, journal };
};

/** One record of each kind. */
export const makeCorpus = async (): Promise<readonly CorpusEntry[]> => {
  const entries: CorpusEntry[] = [];
  for (const [name, one] of Object.entries(CASES)) entries.push(await entryOf(name, one));
  return entries;
};
