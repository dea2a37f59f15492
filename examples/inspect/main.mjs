// Watch sessions live in Stately's inspector.
//
//   npm ci && npm run build
//   node examples/inspect/main.mjs        (another port than 8080: node examples/inspect/main.mjs 9090)
//   open http://localhost:8080 in a browser on this machine; Ctrl-C ends it
//
// The page shows the registry, and under it a client at work, one that falls silent, one that pauses, one that
// stops beating; three of them end by their deadline within 20 s and come anew. The drawing itself is
// https://stately.ai/inspect, in a frame: it needs the internet, and it is given what the charts know, such as
// ids and principals. For development only. A program of your own needs inspector-server.mjs and `inspect` below.
import { createRuntime } from 'holdfast';
import { startInspectorServer } from './inspector-server.mjs';

const inspector = await startInspectorServer({ port: Number(process.argv[2] ?? 8080) });
const runtime = createRuntime({
  inspect: inspector.inspect,
  deadlines: {
    idleAfterMs: 4_000,
    idleTimeoutMs: 12_000,
    heartbeatIntervalMs: 2_000,
    pausedTimeoutMs: 15_000,
  },
});

const comeAnew = async () => {
  await runtime.create({ principal: 'silent' });
  const paused = await runtime.create({ principal: 'paused' });
  await paused.pause();
  const lost = await runtime.create({ principal: 'lost' });
  lost.beat();
};

const atWork = await runtime.create({ principal: 'at work' });
await comeAnew();
// Twice as long as it takes to fall idle: it is seen going there and coming back.
const touching = setInterval(() => atWork.touch(), 8_000);
const coming = setInterval(comeAnew, 20_000);

const end = async () => {
  clearInterval(touching);
  clearInterval(coming);
  await runtime.close();
  await inspector.close();
};
// Once: a second Ctrl-C does not wait.
process.once('SIGINT', end);
process.once('SIGTERM', end);
console.log(`Open ${inspector.url}`);
