// What Holdfast's leg costs a call: `tools/call` over loopback against the SDK's own transport in a bare Map, as its
// documentation has it. Each server is a process of its own, both are there all the time, and the sides take turns: a pair is
// one run of each, in changing order. The median of the pairs' ratios is to be at least 0.95, and the lower end of its 95 %
// confidence interval (by order statistics, so nothing is assumed of the spread) at least 0.90. Exits with 1 otherwise.
//
//   npm run build && node bench/mcp.mjs [--json]
//
// HOLDFAST_DIST names another build to measure. Real time, about a minute.
import { performance } from 'node:perf_hooks';
import { callOf, newAgent, openSession, post, startServer } from './mcp-client.mjs';
import { figure, median, report, sorted } from './measured.mjs';

const PAIRS = 21;
const SESSIONS = 16;
const CALLS = 1_600;
const WARM_CALLS = 3_200;
const LEAST_MEDIAN = 0.95;
const LEAST_LOWER = 0.9;

/** The lower end of the 95 % confidence interval of the median: the k-th smallest, P(Bin(n, ½) < k) ≤ 2.5 %. */
const lowerEnd = (values) => {
  const n = values.length;
  let below = 0.5 ** n;
  let term = below;
  let k = 0;
  while (below <= 0.025) {
    k += 1;
    term *= (n - k + 1) / k;
    below += term;
  }
  return sorted(values)[Math.max(0, k - 1)];
};

const start = async (options) => {
  const server = await startServer(options);
  const agent = newAgent(SESSIONS);
  const ids = await Promise.all(
    Array.from({ length: SESSIONS }, () => openSession(server.port, agent)),
  );
  let next = 100;
  /** So many calls, each session one at a time; calls a second, and the server's processor time a call, µs. */
  const run = async (calls) => {
    const before = await server.ask('cpu');
    const begun = performance.now();
    await Promise.all(
      ids.map(async (id) => {
        for (let n = 0; n < calls / SESSIONS; n++) {
          next += 1;
          const { status, text } = await post({ port: server.port, agent, id }, callOf(next));
          if (status !== 200 || !text.includes('state of the deploy')) {
            throw new Error(`${options.side}: ${status} ${text}`);
          }
        }
      }),
    );
    const ms = performance.now() - begun;
    const after = await server.ask('cpu');
    const worked = after.user + after.system - before.user - before.system;
    return { rate: (calls * 1_000) / ms, work: worked / calls };
  };
  return { run, stop: server.stop };
};

const sides = {
  ours: await start({ side: 'ours' }),
  sdk: await start({ side: 'sdk' }),
  'sdk, JSON answers': await start({ side: 'sdk', json: true }),
};
const runs = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
try {
  for (const side of Object.values(sides)) await side.run(WARM_CALLS);
  for (let pair = 0; pair < PAIRS; pair++) {
    const order = Object.keys(sides);
    if (pair % 2 === 1) order.reverse();
    for (const name of order) runs[name].push(await sides[name].run(CALLS));
  }
} finally {
  await Promise.all(Object.values(sides).map((side) => side.stop()));
}

const of = (name, what) => runs[name].map((run) => run[what]);
const ratios = of('ours', 'rate').map((rate, pair) => rate / runs.sdk[pair].rate);
figure({
  promise: 'tools/call',
  door: 'the leg over node:http',
  ours: of('ours', 'rate'),
  peer: 'the SDK in a Map',
  theirs: of('sdk', 'rate'),
  aim: { least: LEAST_MEDIAN },
  unit: 'calls/s',
});
figure({
  promise: `the ratio of ${PAIRS} pairs`,
  door: 'lower end of the 95 % interval of its median',
  ours: ratios,
  take: lowerEnd,
  aim: { least: LEAST_LOWER },
  unit: '',
});
figure({
  promise: 'tools/call',
  door: 'reported',
  ours: of('ours', 'rate'),
  peer: 'the SDK in a Map with enableJsonResponse',
  theirs: of('sdk, JSON answers', 'rate'),
  unit: 'calls/s',
});
figure({
  promise: "a call's processor time in the server",
  door: 'reported',
  ours: of('ours', 'work'),
  peer: 'the SDK in a Map',
  theirs: of('sdk', 'work'),
  unit: 'us',
});
report(
  `tools/call, ${SESSIONS} sessions at once, ${PAIRS} pairs, median ratio ${median(ratios).toFixed(2)}`,
);
