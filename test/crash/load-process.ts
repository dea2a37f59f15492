import { readFileSync } from 'node:fs';
import type { Runtime, Store } from '../../src/index.ts';
import { Chance } from '../simulation/chance.ts';
import { applicationOf, elapsed, tagOf } from './application.ts';
import { Load } from './load.ts';
import { loadProduct } from './product.ts';
import type { Found, Orders } from './protocol.ts';
import { readAll } from './reading.ts';
import { Voice } from './voice.ts';

/*
 * One process over the folder: it tells what it finds there, then asks things of the runtime until somebody kills it.
 * `node load-process.js <file with its orders>`.
 */

/** Longer than anything that comes at all takes, ms. */
const LONG_MS = 8_000;

const orders = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Orders;
const voice = new Voice(orders.dieAtAck);
const chance = new Chance(`${orders.seed}/${orders.round}`);

let onTerm = (): void => undefined;
let termed = false;
process.on('SIGTERM', () => {
  termed = true;
  onTerm();
});
voice.say({ t: 'start' });

/** Waits until it is so; says it as a problem when it is not for long. */
const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const end = performance.now() + LONG_MS;
  while (!(await isSo())) {
    if (termed) return;
    if (performance.now() > end) {
      voice.say({ t: 'problem', text: `${what}: not in ${LONG_MS} ms` });
      return;
    }
    await elapsed(5);
  }
};

/** Wakes some, and says what their behaviours and their operations went on from. */
const look = async (runtime: Runtime, store: Store, found: readonly Found[]): Promise<void> => {
  for (const { id, state, journal } of found) {
    if (state !== 'active' && state !== 'idle' && state !== 'paused') continue;
    const unfinished = Object.values(journal?.ops ?? {}).some((phase) => phase !== 'finished');
    if (!unfinished && !orders.rest && chance.flip(0.6)) continue;
    const session = await runtime.get(id);
    await session.touch();
    const { behaviour } = session;
    if (behaviour !== null) {
      await until(`the behaviour of ${id} runs`, () => behaviour.status === 'running');
      const { context } = behaviour.getSnapshot() as { context: { adds: number[] } };
      voice.say({ t: 'adds', tag: tagOf(session.info()), adds: context.adds });
    }
    if (state === 'paused') continue;
    await until(`the operations of ${id} are decided`, async () => {
      const left = (await store.load(id))?.session.operations ?? [];
      // One that is done again is begun, and there is nothing to decide.
      return left.every(({ operation }) => told.has(operation));
    });
  }
};

/** The operations that were told to be interrupted, in this process. */
const told = new Set<string>();

const problems = (runtime: Runtime): void => {
  for (const { id, problem, detail } of runtime.validateAll()) {
    voice.say({ t: 'problem', text: `validateAll: ${id} ${problem}: ${detail}` });
  }
};

const drain = async (runtime: Runtime): Promise<void> => {
  voice.say({ t: 'draining' });
  const { left } = await runtime.drain({ operationsMs: chance.between(0, 40) });
  voice.say({ t: 'drained', left });
};

/** All that was begun comes to its end, by itself. */
const comeToRest = async (runtime: Runtime, store: Store): Promise<void> => {
  await until('every end that was begun, and every tombstone, is over', async () => {
    const { sessions } = await runtime.list();
    return sessions.every(
      ({ state }) => state === 'active' || state === 'idle' || state === 'paused',
    );
  });
  voice.say({ t: 'rested', report: await readAll(runtime, store, orders.oldIds) });
};

const main = async (): Promise<void> => {
  const { holdfast, sqlite, planted } = await loadProduct(orders.product);
  planted.plant(orders.fault);
  voice.say({ t: 'loaded' });
  const store = await sqlite.openSqliteStore({ folder: orders.folder });
  voice.say({ t: 'opened' });
  const options = applicationOf(orders, voice, chance, () => termed);
  const { onInterrupted } = options;
  const runtime = holdfast.createRuntime({
    ...options,
    store,
    onInterrupted: (session, operation) => {
      told.add(operation.operation);
      return onInterrupted?.(session, operation);
    },
  });
  runtime.subscribe((event) => {
    if (event.type === 'session.hibernated') voice.say({ t: 'did', what: 'hibernated' });
    if (event.type === 'session.woken') voice.say({ t: 'did', what: `woken from ${event.from}` });
    if (event.type === 'runtime.store-failing') {
      voice.say({ t: 'problem', text: `the store fails: ${String(event.error)}` });
    }
  });
  const load = new Load(runtime, holdfast.mintSessionId, { voice, chance, orders });
  onTerm = () => {
    load.stop();
    void drain(runtime);
  };
  if (termed) return onTerm();

  const report = await readAll(runtime, store, orders.oldIds);
  voice.say({ t: 'report', report });
  await look(runtime, store, report.found);
  problems(runtime);
  voice.say({ t: 'checked' });
  if (orders.rest) {
    await comeToRest(runtime, store);
    problems(runtime);
    return onTerm();
  }
  await load.adopt(report.found);
  voice.say({ t: 'load' });
  const checking = setInterval(() => problems(runtime), 50);
  checking.unref();
  await load.run();
};

/** What goes wrong once it was told to go is of no interest: it reads while its runtime is closed. */
main().catch((error: unknown) => {
  if (termed) return;
  voice.say({ t: 'problem', text: error instanceof Error ? String(error.stack) : String(error) });
  process.exitCode = 1;
});
