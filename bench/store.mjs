// What durability costs, on the SQLite store in a temporary folder: creates, appends and wakes, each through the runtime,
// through the store, and raw: the same statements with the same values in the same groups on the same driver, on one thread
// and with nothing around them. The sides take turns within a round, each with a database of its own, so that a slow moment
// of the disk falls on all. Exits with 1 where an aim is not met.
//
//   npm run build && node bench/store.mjs [--json]
//
// HOLDFAST_DIST names another build to measure, HOLDFAST_BENCH_DIR where the databases go: not a tmpfs, whose sync is none.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { figure, median, quantile, report } from './measured.mjs';

const dist = process.env.HOLDFAST_DIST
  ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`)
  : new URL('../dist/', import.meta.url);
const load = (path) => import(new URL(`src/${path}.js`, dist).href);
const { createRuntime } = await load('index');
const { LIMITS } = await load('limits');
const { openSqliteStore } = await load('store/sqlite/index');
const { openDatabase } = await load('store/sqlite/thread/database');
const { loadDriver } = await load('store/sqlite/thread/driver');
const { newRow, rowChange } = await load('store/sqlite/records');
const { APPEND, CLAIM, CREATE, commitOf } = await load('store/sqlite/thread/statements');

const ROUNDS = 9;
const WAKE_ROUNDS = 5;
/** On a busy machine there are fewer rounds than that, but never fewer than these. */
const LEAST_ROUNDS = 3;
const BUDGET_MS = 35_000;
const GROUP = LIMITS.storeGroupCalls;
/** A whole number of groups, so that all sides have the same. */
const EACH = 20 * GROUP;
const WAKES = 200;
const AT_ONCE = 64;
const REST_MS = 1_000;
const LATE_MS = 30_000;
const LEAST_RATIO = 0.7;
const WAKE_P50_MS = 1;
const WAKE_P99_MS = 10;

const folder = await mkdtemp(join(process.env.HOLDFAST_BENCH_DIR ?? tmpdir(), 'holdfast-bench-'));
const driver = await loadDriver();
const raw = openDatabase(driver, join(folder, 'raw.db'));
const store = await openSqliteStore({ folder: join(folder, 'store') });
const under = await openSqliteStore({ folder: join(folder, 'runtime') });

/** What the runtime really gives its store: the first of each. */
const given = { create: null, commit: null };
const watched = new Proxy(under, {
  get: (target, name) => {
    const method = target[name];
    if (typeof method !== 'function') return method;
    return (...args) => {
      if (name === 'create') given.create ??= args[0];
      if (name === 'commit') given.commit ??= args[1];
      return method.apply(target, args);
    };
  },
});
const options = { maxResident: 100_000, maxStored: 1_000_000 };
const capturing = createRuntime({ store: watched, ...options });
const message = { role: 'user', content: 'What is the state of the deploy? '.repeat(6) };
await (await capturing.create()).append(message);
await capturing.drain({ operationsMs: 0 });

const runtime = createRuntime({
  store: await openSqliteStore({ folder: join(folder, 'runtime') }),
  ...options,
  deadlines: { idleAfterMs: REST_MS, hibernateAfterMs: REST_MS },
});

const OWNER = randomUUID();
const many = (make) => Array.from({ length: EACH }, make);
const records = () => many(() => ({ ...given.create, id: `ses_${randomUUID()}`, owner: OWNER }));
const token = () => randomUUID().replaceAll('-', '').slice(0, 22);

/** So many a second. */
const rate = async (count, act) => {
  const start = performance.now();
  await act();
  return (count * 1_000) / (performance.now() - start);
};

/** The values in transactions of a group each. */
const inGroups = (rows, act) => {
  for (let at = 0; at < rows.length; at += GROUP) {
    raw.exec('BEGIN IMMEDIATE');
    for (const row of rows.slice(at, at + GROUP)) act(row);
    raw.exec('COMMIT');
  }
};

const create = raw.prepare(CREATE);
const insert = raw.prepare(APPEND);
const claim = raw.prepare(CLAIM);
const valuesOf = ({ due, ...row }) => [
  ...[row.id, row.token, row.principal, row.key, row.owner, 1, row.state],
  ...[due?.at ?? null, due?.deadline ?? null, row.schema, row.session, row.snapshot],
];

const COLUMNS = ['state', 'due', 'session', 'snapshot', 'append'];
const rawCreates = async (given) => {
  const rows = given.map((record) => newRow(record, token()).row);
  const values = rows.map(valuesOf);
  return { rows, rate: await rate(EACH, () => inGroups(values, (row) => create.run(...row))) };
};

const rawAppends = async (rows) => {
  const { row: change } = rowChange(given.commit);
  const columns = COLUMNS.filter((column) => change[column] !== undefined);
  const update = raw.prepare(commitOf(columns));
  const values = {
    state: [change.state],
    due: [change.due?.at ?? null, change.due?.deadline ?? null],
    session: [change.session],
    snapshot: [change.snapshot],
    append: [1],
  };
  const set = columns.flatMap((column) => values[column]);
  return rate(EACH, () =>
    inGroups(rows, ({ id, token: held }) => {
      const { number, epoch, journal_seq: seq } = update.get(token(), ...set, id, held);
      insert.run(number, seq, epoch, change.append[0]);
    }),
  );
};

/** Some that the runtime made, to be woken. */
let ids = [];

const sides = {
  raw: async () => {
    const made = await rawCreates(records());
    return { creates: made.rate, appends: await rawAppends(made.rows) };
  },
  store: async () => {
    const asked = records();
    let held = [];
    const creates = await rate(EACH, async () => {
      held = await Promise.all(asked.map((record) => store.create(record)));
    });
    const appends = await rate(EACH, () =>
      Promise.all(held.map((record) => store.commit(record, given.commit))),
    );
    return { creates, appends };
  },
  runtime: async () => {
    let sessions = [];
    const creates = await rate(EACH, async () => {
      sessions = await Promise.all(many(() => runtime.create()));
    });
    const appends = await rate(EACH, () =>
      Promise.all(sessions.map((session) => session.append(message))),
    );
    ids = sessions.slice(0, WAKES).map(({ id }) => id);
    await Promise.all(sessions.slice(WAKES).map((session) => session.terminate()));
    return { creates, appends };
  },
};

/** Whether there is one round more, of so many at most. */
const budget = (most) => {
  const start = performance.now();
  return (round) => round < LEAST_ROUNDS || (round < most && performance.now() - start < BUDGET_MS);
};

const until = async (what, isSo) => {
  const start = performance.now();
  while (!isSo()) {
    if (performance.now() - start > LATE_MS) throw new Error(`${what}: not within ${LATE_MS} ms`);
    await sleep(20);
  }
};

const timed = async (act) => {
  const start = performance.now();
  await act();
  return performance.now() - start;
};

/** How long each wake takes, ms: of those that are stored, one after another or so many at once. */
const wakes = async (ids, atOnce) => {
  await until('all put away', () => runtime.stats().resident === 0);
  const { woken } = runtime.stats();
  const found = [];
  const took = [];
  for (let at = 0; at < ids.length; at += atOnce) {
    const sessions = [];
    for (const id of ids.slice(at, at + atOnce)) {
      found.push(await timed(async () => sessions.push(await runtime.get(id))));
    }
    took.push(...(await Promise.all(sessions.map((session) => timed(() => session.touch())))));
  }
  if (runtime.stats().woken - woken !== ids.length) throw new Error('not all of them were woken');
  return { found, took };
};

/** The same claims, each in a transaction of its own, with nothing around them. */
const rawWakes = (rows) =>
  rows.map(({ id }) => {
    const start = performance.now();
    raw.exec('BEGIN IMMEDIATE');
    claim.get(OWNER, 1, token(), id, 1, OWNER);
    raw.exec('COMMIT');
    return performance.now() - start;
  });

try {
  const names = Object.keys(sides);
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  // The first round of each is for what is compiled and grown once for ever.
  const goesOn = budget(ROUNDS);
  for (let round = -1; goesOn(round); round++) {
    const turn = Math.max(0, round) % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const one = await sides[name]();
      if (round >= 0) measured[name].push(one);
    }
  }
  for (const [what, aim] of [
    ['creates', { least: LEAST_RATIO }],
    ['appends', null],
  ]) {
    const of = (side) => measured[side].map((one) => one[what]);
    const peer = { peer: 'raw', theirs: of('raw'), unit: 'a second' };
    figure({ promise: what, door: 'store', ours: of('store'), aim, ...peer });
    figure({ promise: what, door: 'runtime', ours: of('runtime'), ...peer });
  }

  const { rows } = await rawCreates(records());
  const rounds = { single: [], raw: [], together: [] };
  await wakes(ids, 1);
  const wakesGoOn = budget(WAKE_ROUNDS);
  for (let round = 0; wakesGoOn(round); round++) {
    rounds.raw.push(rawWakes(rows.slice(0, WAKES)));
    rounds.single.push(await wakes(ids, 1));
    rounds.together.push(await wakes(ids, AT_ONCE));
  }
  const all = (q) => (of) => of.map((values) => quantile(values, q));
  const told = [
    ['p50', 0.5, { most: WAKE_P50_MS }],
    ['p99', 0.99, { most: WAKE_P99_MS }],
    ['longest', 1, null],
  ];
  const took = rounds.single.map((one) => one.took);
  for (const [name, q, aim] of told) {
    figure({
      promise: `a wake, ${name}`,
      door: 'touch(), one at a time',
      ours: all(q)(took),
      peer: 'raw',
      theirs: all(q)(rounds.raw),
      aim,
      of: 'ours',
      unit: 'ms',
    });
  }
  figure({
    promise: 'a wake by its id, p50',
    door: 'get() and touch()',
    ours: rounds.single.map(({ took, found }) => median(took.map((ms, n) => ms + found[n]))),
    unit: 'ms',
  });
  for (const [name, q] of told) {
    const ours = all(q)(rounds.together.map((one) => one.took));
    figure({
      promise: `a wake of ${AT_ONCE}, ${name}`,
      door: `touch(), ${AT_ONCE} at once`,
      ours,
      unit: 'ms',
    });
  }
} finally {
  await runtime.drain({ operationsMs: 0 });
  await store.close();
  raw.close();
  await rm(folder, { recursive: true, force: true });
}
report(
  `Durability, on ${driver.name}: medians of up to ${ROUNDS} rounds of ${EACH} creates and appends, and ${WAKE_ROUNDS} of ${WAKES} wakes`,
);
