// 10,000 sessions are put away and taken back, over the SQLite store in a temporary folder. Stored, with nobody holding a
// reference, they are to cost at most 300 bytes each of `heapUsed + external`, of the main loop and of the store's thread
// together. And the main loop is to be held at no time for more than 50 ms: while all of them are put away (due at one
// tick), while all are asked for at once, and while they come back in an even flow. Exits with 1 otherwise. Where the system
// tells (Linux), the time for which the loop waited for a processor that other programs had is not held against it, and the
// calmest of the rounds counts.
//
//   npm run build && node bench/hibernated.mjs [--json]
//
// HOLDFAST_DIST names another build to measure, HOLDFAST_SESSIONS another number of sessions. Real time, about 40 s.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { figure, report } from './measured.mjs';

const dist = process.env.HOLDFAST_DIST
  ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`)
  : new URL('../dist/', import.meta.url);
const { createRuntime } = await import(new URL('src/index.js', dist).href);
const { openSqliteStore } = await import(new URL('src/store/sqlite/index.js', dist).href);

const SESSIONS = Number(process.env.HOLDFAST_SESSIONS ?? 10_000);
const ROUNDS = 3;
/** On a busy machine there are fewer rounds, and at least one. */
const BUDGET_MS = 40_000;
const PRINCIPALS = 1_000;
const WARM = 2_000;
const MOST_BYTES = 300;
const MOST_MS = 50;
const LATE_MS = 30_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** What is held after a collection, bytes: of the main loop, of the store's thread, and the whole process. */
const memory = async () => {
  // More than once: what finalizes in one is freed in the next.
  for (let n = 0; n < 3; n++) {
    await sleep(100);
    collect();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const thread = await askThread();
  return { main: heapUsed + external, thread: thread.heapUsed + thread.external, rss };
};

const askThread = () => {
  const channel = new BroadcastChannel('holdfast-bench-heap');
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the store's thread does not answer")), LATE_MS);
    channel.onmessage = ({ data }) => {
      clearTimeout(late);
      channel.close();
      resolve(data);
    };
    channel.postMessage({ ask: 'heap' });
  });
};

/** How long the main loop has waited for a processor that others had, ms; 0 where the system does not tell. */
const waitedMs = () => {
  try {
    const [, waitedNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(
      ' ',
    );
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
};

/** The longest the loop was held while that was done, ms: in all, and without the waits for a processor. */
const held = async (act) => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(20);
  delay.reset();
  let own = 0;
  let last = { at: performance.now(), waited: waitedMs() };
  const ticks = setInterval(() => {
    const now = { at: performance.now(), waited: waitedMs() };
    own = Math.max(own, now.at - last.at - (now.waited - last.waited));
    last = now;
  }, 1);
  await sleep(20);
  await act();
  await sleep(20);
  clearInterval(ticks);
  delay.disable();
  return { own, all: delay.max / 1e6 };
};

const inBatches = async (count, size, act) => {
  for (let at = 0; at < count; at += size) {
    const batch = Array.from({ length: Math.min(size, count - at) }, (_, n) => act(at + n));
    await Promise.all(batch);
  }
};

const until = async (what, isSo) => {
  const start = performance.now();
  while (!isSo()) {
    if (performance.now() - start > LATE_MS) throw new Error(`${what}: not within ${LATE_MS} ms`);
    await sleep(5);
  }
};

const folder = await mkdtemp(join(process.env.HOLDFAST_BENCH_DIR ?? tmpdir(), 'holdfast-bench-'));
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import ${new URL('./heap-probe.mjs', import.meta.url).href}`;
const store = await openSqliteStore({ folder });
const runtime = createRuntime({
  store,
  maxResident: SESSIONS + WARM,
  maxPerPrincipal: SESSIONS,
  // All that was touched within a tick is due at one.
  deadlines: { idleAfterMs: 2_000, hibernateAfterMs: 2_000, idleTimeoutMs: 3_600_000 },
});
const stored = () => {
  const { resident, byResidency } = runtime.stats();
  return resident === 0 && byResidency.waking === 0;
};
const countOf = async (what, expected, act) => {
  const before = runtime.stats()[what];
  await act();
  const count = runtime.stats()[what] - before;
  if (count !== expected) throw new Error(`${count} were ${what}, not ${expected}`);
};
/** The ids: outside of the heap, because what this bench keeps of the sessions is not what the runtime keeps. */
const ID_BYTES = 64;
const ids = Buffer.alloc(Math.max(SESSIONS, WARM) * ID_BYTES);
const idOf = (n) => ids.toString('latin1', n * ID_BYTES, (n + 1) * ID_BYTES).trimEnd();
const get = (n) => runtime.get(idOf(n));
const create = (count) =>
  inBatches(count, 500, async (n) => {
    const { id } = await runtime.create({ principal: `principal ${n % PRINCIPALS}` });
    ids.write(id.padEnd(ID_BYTES), n * ID_BYTES, 'latin1');
  });

const delays = { hibernate: [], 'wake at once': [], 'wake in turn': [] };
try {
  // What is compiled and grown once for ever is so before the start is taken.
  await create(WARM);
  await until('warm sessions put away', stored);
  await inBatches(WARM, 200, async (n) => (await get(n)).touch());
  await inBatches(WARM, 200, async (n) => (await get(n)).terminate());
  const calm = await held(() => sleep(2_000));
  // Asking costs something the first time, too.
  await memory();
  const empty = await memory();
  await countOf('hibernated', SESSIONS, async () => {
    await create(SESSIONS);
    await until('sessions put away', stored);
  });
  const full = await memory();

  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < BUDGET_MS); round++) {
    let sessions = [];
    await inBatches(SESSIONS, 200, async (n) => sessions.push(await get(n)));
    await countOf('woken', SESSIONS, async () => {
      delays['wake at once'].push(
        await held(() => Promise.all(sessions.map((session) => session.touch()))),
      );
    });
    // Once more, so that all are due at one tick.
    for (const session of sessions) void session.touch();
    sessions = [];
    await countOf('hibernated', SESSIONS, async () => {
      delays.hibernate.push(await held(() => until('all put away', stored)));
    });
    await countOf('woken', SESSIONS, async () => {
      const wake = async (n) => (await get(n)).touch();
      delays['wake in turn'].push(await held(() => inBatches(SESSIONS, 64, wake)));
    });
    await until('put away again', stored);
  }
  const problems = runtime.validateAll();
  if (problems.length > 0) throw new Error(`${problems.length} problems: ${problems[0].message}`);

  const each = (bytes) => bytes / SESSIONS;
  const main = full.main - empty.main;
  const thread = full.thread - empty.thread;
  figure({
    promise: `${SESSIONS} hibernated, memory each`,
    door: 'heapUsed + external, main and thread',
    ours: [each(main + thread)],
    aim: { most: MOST_BYTES },
    unit: 'bytes',
  });
  figure({
    promise: 'of it the main loop',
    door: 'heapUsed + external',
    ours: [each(main)],
    unit: 'bytes',
  });
  figure({
    promise: "of it the store's thread",
    door: 'heapUsed + external',
    ours: [each(thread)],
    unit: 'bytes',
  });
  figure({
    promise: 'the whole process',
    door: 'RSS, reported',
    ours: [(full.rss - empty.rss) / SESSIONS],
    unit: 'bytes',
  });
  for (const [what, door] of [
    ['hibernate', 'all due at one tick'],
    ['wake at once', 'touch() of all in one turn'],
    ['wake in turn', 'get() and touch(), 64 at a time'],
  ]) {
    // The longest of a round, in the calmest round: what this code does it does in each, what others do to it not.
    const longest = { take: (rounds) => Math.min(...rounds), unit: 'ms' };
    const of = (which) => delays[what].map((round) => round[which]);
    const promise = `${what}: longest the loop was held`;
    figure({ promise, door, ours: of('own'), aim: { most: MOST_MS }, ...longest });
    figure({
      promise: `${promise}, with waits for a processor`,
      door,
      ours: of('all'),
      ...longest,
    });
  }
  figure({
    promise: 'the same while nothing happens',
    door: 'what the machine adds',
    ours: [calm.own],
    peer: 'with waits',
    theirs: [calm.all],
    unit: 'ms',
  });
} finally {
  await runtime.drain({ operationsMs: 0 });
  await rm(folder, { recursive: true, force: true });
}
report(`${SESSIONS} sessions over the SQLite store, ${delays.hibernate.length} rounds`);
