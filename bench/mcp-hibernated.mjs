// What 10,000 sessions of the official client's protocol cost a server while they are put away: `heapUsed + external` each,
// after a collection, of the main loop and the store's thread together. Without streams at most 400 bytes each over the
// empty server. With their GET streams open at most 1 KiB each more than a bare node:http server that holds the same GETs.
// Beside them, in the same run, the SDK's transport in a Map with as many. Exits with 1 where an aim is not met.
//
//   npm run build && node bench/mcp-hibernated.mjs [--json]
//
// HOLDFAST_DIST names another build to measure, HOLDFAST_SESSIONS another number of sessions. Real time, about two minutes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  inBatches,
  newAgent,
  openSession,
  openStream,
  startServer,
  untilCounted,
} from './mcp-client.mjs';
import { figure, report } from './measured.mjs';

const dist = process.env.HOLDFAST_DIST
  ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`)
  : new URL('../dist/', import.meta.url);
const { mintSessionId } = await import(new URL('src/index.js', dist).href);

const SESSIONS = Number(process.env.HOLDFAST_SESSIONS ?? 10_000);
const WARM = 500;
const AT_ONCE = 32;
const MOST_STORED = 400;
const MOST_WITH_STREAM = 1_024;

const folder = await mkdtemp(join(process.env.HOLDFAST_BENCH_DIR ?? tmpdir(), 'holdfast-bench-'));
const away = ({ resident, byResidency }) => resident === 0 && byResidency.waking === 0;

/** Opens so many sessions, and the stream of each where asked. */
const open = async (server, count, withStreams) => {
  const agent = newAgent(AT_ONCE);
  const streams = [];
  await inBatches(count, AT_ONCE, async () => {
    // The bare server is sent the same GETs: with an id, of the same form.
    const id = server.bare ? mintSessionId() : await openSession(server.port, agent);
    if (withStreams) streams.push(await openStream(server.port, id));
  });
  agent.destroy();
  return () => {
    for (const close of streams) close();
  };
};

/** Bytes each, over what the server held before them. */
const weigh = async (options, withStreams) => {
  const server = { ...(await startServer(options)), bare: options.side === 'bare' };
  const settled = async (what, streams) => {
    if (options.side === 'ours') await untilCounted(server, what, away);
    if (withStreams) await untilCounted(server, what, (counts) => counts.streams === streams);
  };
  try {
    // What is compiled and grown once for ever is so before the start is taken.
    const closeWarm = await open(server, WARM, withStreams);
    await settled('warm sessions', WARM);
    closeWarm();
    await settled('warm streams closed', 0);
    await server.ask('memory');
    const before = await server.ask('memory');
    const close = await open(server, SESSIONS, withStreams);
    await settled('sessions put away', SESSIONS);
    const after = await server.ask('memory');
    close();
    return (after - before) / SESSIONS;
  } finally {
    await server.stop();
  }
};

const each = {};
try {
  each.stored = await weigh(
    { side: 'ours', folder: join(folder, 'stored'), sessions: SESSIONS },
    false,
  );
  each.withStream = await weigh(
    { side: 'ours', folder: join(folder, 'streams'), sessions: SESSIONS },
    true,
  );
  each.bare = await weigh({ side: 'bare' }, true);
  each.sdk = await weigh({ side: 'sdk' }, false);
} finally {
  await rm(folder, { recursive: true, force: true });
}

figure({
  promise: 'a session that is put away',
  door: 'no stream',
  ours: [each.stored],
  aim: { most: MOST_STORED },
  unit: 'bytes',
});
figure({
  promise: 'a session that is put away, over a bare GET',
  door: 'its GET open',
  ours: [each.withStream - each.bare],
  aim: { most: MOST_WITH_STREAM },
  unit: 'bytes',
});
figure({
  promise: 'a GET, with its session put away',
  door: 'reported',
  ours: [each.withStream],
  peer: 'a bare node:http server',
  theirs: [each.bare],
  unit: 'bytes',
});
figure({
  promise: 'a session that is put away',
  door: 'no stream, reported',
  ours: [each.stored],
  peer: 'the SDK in a Map, ten tools',
  theirs: [each.sdk],
  unit: 'bytes',
});
report(`${SESSIONS} sessions of the official client's protocol`);
