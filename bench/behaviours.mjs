// 100,000 sessions with a behaviour each: created, sent an event, beaten, ended. Nothing of them may be left once their
// tombstones are gone: the heap is to come back to at most 1.1 times what it was at the start. Exits with 1 otherwise.
//
//   npm run build && node bench/behaviours.mjs
//
// HOLDFAST_DIST names another build to measure, HOLDFAST_SESSIONS another number of sessions. Real time.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { assign, setup } from 'xstate';

const dist = process.env.HOLDFAST_DIST
  ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`)
  : new URL('../dist/', import.meta.url);
const { createMemoryStore, createRuntime } = await import(new URL('src/index.js', dist).href);

const SESSIONS = Number(process.env.HOLDFAST_SESSIONS ?? 100_000);
const BATCH = 1_000;
const MOST = 1.1;
const LEFT_MS = 120_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const heapUsed = async () => {
  // Twice: what finalizes in the first is freed in the second.
  for (let n = 0; n < 2; n++) {
    await sleep(50);
    collect();
  }
  return process.memoryUsage().heapUsed;
};

/** A small agent: it counts what it is sent, has a child of its own, and a delay that never falls due here. */
const agent = setup({
  actors: { listener: setup({}).createMachine({}) },
}).createMachine({
  id: 'agent',
  context: ({ input }) => ({ session: input.session, sent: 0 }),
  initial: 'awaiting',
  invoke: { id: 'listener', src: 'listener' },
  states: {
    awaiting: {
      on: { input: { actions: assign({ sent: ({ context }) => context.sent + 1 }) } },
      after: { 3600000: 'over' },
    },
    over: { type: 'final' },
  },
});

const store = createMemoryStore();
const runtime = createRuntime({
  store,
  maxResident: SESSIONS,
  tombstoneMs: 1_000,
  sweepIntervalMs: 1_000,
  behaviours: { agent: { logic: agent } },
});

const inBatches = async (items, act) => {
  const before = performance.now();
  for (let at = 0; at < items.length; at += BATCH) {
    await Promise.all(items.slice(at, at + BATCH).map(act));
  }
  return performance.now() - before;
};

/** The lives of `count` sessions side by side. Returns what each step took, ms, and the heap they filled. */
const lives = async (count) => {
  const sessions = [];
  const created = await inBatches(Array.from({ length: count }), async () => {
    sessions.push(await runtime.create({ behaviour: 'agent' }));
  });
  const sent = await inBatches(sessions, (session) => session.send({ type: 'input' }));
  const beaten = await inBatches(sessions, (session) => session.beat());
  const heap = await heapUsed();
  const wrong = sessions.filter(
    ({ behaviour }) => behaviour.getSnapshot().context.sent !== 1 || behaviour.status !== 'running',
  ).length;
  const ended = await inBatches(sessions, (session) => session.terminate());
  return { created, sent, beaten, ended, heap, wrong };
};

/** Waits until no tombstone is left; how long that took, ms. */
const tombstonesGone = async () => {
  const before = performance.now();
  while (performance.now() - before < LEFT_MS) {
    if ((await store.list({ limit: 1 })).records.length === 0) break;
    await sleep(100);
  }
  return performance.now() - before;
};

// What is compiled and grown once for ever is so before the start is taken.
await lives(10 * BATCH);
await tombstonesGone();
const start = await heapUsed();
const { created, sent, beaten, ended, heap, wrong } = await lives(SESSIONS);
const gone = await tombstonesGone();
const end = await heapUsed();

const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const each = (ms) => `${((ms * 1_000) / SESSIONS).toFixed(1)} µs each`;
const { left } = await runtime.drain({ operationsMs: 0 });
console.log(`${SESSIONS} sessions with a behaviour each, Node ${process.version}`);
console.table({
  created: each(created),
  'sent an event': each(sent),
  beaten: each(beaten),
  ended: each(ended),
  'tombstones gone after': `${(gone / 1_000).toFixed(1)} s`,
  'heap at the start': mib(start),
  'heap with all of them': `${mib(heap)}, ${((heap - start) / SESSIONS / 1_024).toFixed(2)} KiB each`,
  'heap at the end': `${mib(end)}, ${(end / start).toFixed(2)} x the start (at most ${MOST})`,
});
const problems = [
  ...(end > MOST * start ? ['the heap did not come back'] : []),
  ...(wrong > 0 ? [`${wrong} behaviours were not as they should be`] : []),
  ...(left.length > 0 ? [`${left.length} sessions were left`] : []),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
