// Whether clients that vanish leave anything behind: official MCP clients open sessions, use them and are cut off
// without goodbye, some in the middle of a call. When the tombstones are gone, the server's heap and its active
// resources must be at most 1.1 times what they were after the warm-up.
//
//   npm run build && node bench/vanishing-clients.mjs [--clients 2000] [--rounds 3] [--warmup 200] [--json]
//
// The server is `holdfast serve` in a process of its own, the clients are in one other, in batches of 50. Short
// deadlines are set here; HOLDFAST_* in the environment override them. Exit code 1 when something is left.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const MOST_RATIO = 1.1;
const BATCH = 50;
/** The share of the clients that must have used their sessions fully, and held a stream until they were cut off. */
const LEAST_DONE = 0.95;
/** For each single step. */
const PATIENCE_MS = 60_000;
/** Instances of these are one for each session, and none without a session. */
const OF_SESSIONS = [
  'McpServer',
  'SessionTransport',
  'Connection',
  'SessionHost',
  'SessionReference',
];

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const tell = (line) => process.stderr.write(`${line}\n`);

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '3' },
      warmup: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
    },
  });
  const number = (name, most) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`--${name} is ${values[name]}, but must be a whole number from 1 to ${most}.`);
  };
  return {
    clients: number('clients', 10_000),
    rounds: number('rounds', 20),
    warmup: number('warmup', 10_000),
    json: values.json,
  };
};

const within = async (what, promise) => {
  const alarm = new AbortController();
  const late = wait(PATIENCE_MS, null, { signal: alarm.signal }).then(() => {
    throw new Error(`${what}: not within ${PATIENCE_MS} ms.`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    alarm.abort();
    await late.catch(() => {});
  }
};

/** A child process that answers questions. It is killed with this one, however this one ends. */
const answering = (script, options) => {
  const child = fork(script, options.args ?? [], options);
  process.once('exit', () => child.kill('SIGKILL'));
  const waiting = new Map();
  let last = 0;
  child.on('message', ({ id, answer, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(answer);
    else reject?.(new Error(error));
  });
  child.once('exit', (code, signal) => {
    const why = new Error(`${script} ended with ${signal ?? code}.`);
    for (const { reject } of waiting.values()) reject(why);
  });
  const ask = (question) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      child.send({ id: last, ...question });
    });
  return { child, ask };
};

const startServer = async ({ clients, warmup }) => {
  const server = answering(path('../dist/src/cli/main.js'), {
    args: ['serve', '--json'],
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      '--expose-gc',
      '--import',
      new URL('vanishing-clients-server.mjs', import.meta.url).href,
    ],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: {
      HOLDFAST_IDLE_AFTER: '1s',
      HOLDFAST_IDLE_TIMEOUT: '3s',
      HOLDFAST_SWEEP_INTERVAL: '1s',
      HOLDFAST_TOMBSTONE: '1s',
      HOLDFAST_MAX_SESSIONS: String(Math.max(clients, warmup)),
      ...process.env,
      HOLDFAST_HOST: '127.0.0.1',
      HOLDFAST_PORT: '0',
      HOLDFAST_DATA: ':memory:',
      HOLDFAST_LOG_LEVEL: 'debug',
    },
  });
  const told = { created: 0, attached: 0, operations: 0, ended: {}, problems: [], open: new Set() };
  const url = await new Promise((resolve, reject) => {
    server.child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
    createInterface({ input: server.child.stdout }).on('line', (line) => {
      const event = line.startsWith('{') ? JSON.parse(line) : { type: line };
      if (event.type === 'serve.listening') resolve(event.url);
      else count(told, event, line);
    });
  });
  return { ...server, url, told };
};

/** Counts what the server tells of its sessions, and keeps what it should not have to tell. */
const count = (told, event, line) => {
  switch (event.type) {
    case 'session.created':
      told.created += 1;
      break;
    case 'session.attached':
      told.attached += 1;
      told.open.add(event.id);
      break;
    case 'session.detached':
      told.open.delete(event.id);
      break;
    case 'session.operation-finished':
      told.operations += 1;
      break;
    case 'session.ended':
      told.open.delete(event.id);
      told.ended[event.reason] = (told.ended[event.reason] ?? 0) + 1;
      break;
    default:
      if (/^(session|serve)\.|^runtime\.(time-gap|draining)$/.test(event.type)) break;
      if (told.problems.length < 10) told.problems.push(line);
  }
};

const sum = (counts) => Object.values(counts).reduce((total, n) => total + n, 0);

const until = async (what, holds) => {
  const since = performance.now();
  for (;;) {
    const missing = await holds();
    if (missing === '') return;
    if (performance.now() - since > PATIENCE_MS) throw new Error(`${what}: ${missing}`);
    await wait(50);
  }
};

/** One batch comes, works, and is cut off once the server has each client's stream. */
const cutOff = async ({ url, told }, visitors, first, size) => {
  const before = told.attached;
  const did = await within('The clients', visitors.ask({ ask: 'visit', url, first, size }));
  await until('The streams of the clients', () => {
    const missing = size - did.late - (told.attached - before);
    return missing > 0 ? `${missing} of ${size} have not come` : '';
  });
  const streams = told.open.size;
  const vanished = await within('Vanishing', visitors.ask({ ask: 'vanish' }));
  await until('The server does not see that its clients are gone', () =>
    told.open.size > 0 ? `${told.open.size} streams` : '',
  );
  return { ...did, ...vanished, streams };
};

/** Until all of so many sessions have ended, no record is left and nobody is connected. */
const untilGone = async ({ ask, told }, clients) =>
  until('Something stays', async () => {
    const { records, resources } = await ask({ ask: 'left' });
    const living = clients - sum(told.ended);
    const connected = resources.TCPSocketWrap ?? 0;
    if (records === 0 && living <= 0 && connected === 0) return '';
    return `${living} sessions, ${records} records, ${connected} sockets`;
  });

const round = async (name, server, visitors, first, clients) => {
  const since = performance.now();
  const elapsed = () => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
  const did = {};
  for (let done = 0; done < clients; done += BATCH) {
    const size = Math.min(BATCH, clients - done);
    const batch = await cutOff(server, visitors, first + done, size);
    for (const [what, n] of Object.entries(batch)) did[what] = (did[what] ?? 0) + n;
    tell(`# ${name}: ${done + size} of ${clients} clients have come and gone, ${elapsed()}`);
  }
  await untilGone(server, first + clients);
  const left = await within('Measuring', server.ask({ ask: 'measure' }));
  tell(`# ${name}: all is over, ${elapsed()}; heap ${(left.heapUsed / 2 ** 20).toFixed(2)} MiB`);
  return { name, clients, did, left, tookMs: Math.round(performance.now() - since) };
};

const soak = async (options, server, visitors) => {
  const steps = [await round('warm-up', server, visitors, 0, options.warmup)];
  for (let n = 0; n < options.rounds; n += 1) {
    const first = options.warmup + n * options.clients;
    steps.push(await round(`round ${n + 1}`, server, visitors, first, options.clients));
  }
  return steps;
};

/** What is wrong, a sentence each; none when nothing was left and the work was really done. */
const judge = (options, [warm, ...rounds], told) => {
  const wrong = [...told.problems];
  const clients = options.warmup + options.rounds * options.clients;
  const compare = (name, what, now, before) => {
    if (now > MOST_RATIO * before) {
      wrong.push(`${name}: ${what} is ${(now / before).toFixed(3)} times what it was.`);
    }
  };
  for (const { name, left } of rounds) {
    compare(name, 'the heap', left.heapUsed, warm.left.heapUsed);
    compare(name, 'active resources', sum(left.resources), sum(warm.left.resources));
  }
  for (const { name, left, did, clients: size } of [warm, ...rounds]) {
    for (const of of OF_SESSIONS) {
      if (left.instances[of] > 0) wrong.push(`${name}: ${left.instances[of]} of ${of} are left.`);
    }
    const least = LEAST_DONE * size;
    if (did.vanished !== size || did.calls < 2 * least || did.streams < least) {
      wrong.push(`${name}: too few did all their work in time: ${JSON.stringify(did)}`);
    }
  }
  if (told.created !== clients) wrong.push(`Of ${clients} sessions, ${told.created} were created.`);
  if (told.ended['idle-timeout'] !== clients || sum(told.ended) !== clients) {
    wrong.push(`Not all ended by idle timeout: ${JSON.stringify(told.ended)}`);
  }
  return wrong;
};

const report = (steps, told, wrong) => {
  const [warm] = steps;
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(2);
  console.table(
    steps.map(({ name, clients, left, tookMs }) => ({
      '': name,
      clients,
      seconds: (tookMs / 1_000).toFixed(1),
      'heap MiB': mib(left.heapUsed),
      'heap ratio': (left.heapUsed / warm.left.heapUsed).toFixed(3),
      'external MiB': mib(left.external),
      resources: sum(left.resources),
      'resources ratio': (sum(left.resources) / sum(warm.left.resources)).toFixed(3),
      records: left.records,
      'objects of sessions': sum(OF_SESSIONS.map((of) => left.instances[of])),
    })),
  );
  const done = (key) => sum(steps.map(({ did }) => did[key]));
  for (const { name, left } of steps) {
    console.log(`active resources after ${name}: ${JSON.stringify(left.resources)}`);
  }
  console.log(
    `clients: ${done('opened')} opened, ${done('listed')} listed tools, ${done('calls')} calls, ` +
      `${done('midCall')} gone in the middle of a call, ${done('late')} too late; ` +
      `${done('sockets')} sockets destroyed, ${done('streams')} streams among them`,
  );
  console.log(
    `server: ${told.created} created, ${told.attached} streams, ${told.operations} operations, ` +
      `ended: ${JSON.stringify(told.ended)}`,
  );
  for (const sentence of wrong) console.log(`WRONG: ${sentence}`);
  if (wrong.length === 0) console.log(`Nothing is left: all ratios are at most ${MOST_RATIO}.`);
};

const options = readOptions();
const server = await within('The start', startServer(options));
const visitors = answering(path('vanishing-clients-client.mjs'), {});
try {
  const steps = await soak(options, server, visitors);
  const { open: _, ...told } = structuredClone(server.told);
  const wrong = judge(options, steps, told);
  server.child.kill('SIGTERM');
  const exited = await within('The drain', once(server.child, 'exit')).catch((error) => [error]);
  if (exited[0] !== 0) wrong.push(`The server did not end well: ${exited[0]}`);
  if (options.json) console.log(JSON.stringify({ ok: wrong.length === 0, wrong, steps, told }));
  else report(steps, told, wrong);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  for (const { child } of [visitors, server]) child.kill('SIGKILL');
}
