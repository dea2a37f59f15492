// Loaded into a server process before `holdfast serve` (node --expose-gc --import): answers, over the
// process's own channel to its parent, how much of what sessions leave behind is still there.
//
//   { id, ask: 'left' }     what is not yet gone; looks only, collects nothing
//   { id, ask: 'measure' }  heap after two full collections, active resources, instances still on the heap
import { setImmediate } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { Connection } from '../dist/src/mcp/connection.js';
import { SessionHost } from '../dist/src/runtime/host.js';
import { SessionReference } from '../dist/src/runtime/reference.js';
import { createMemoryStore } from '../dist/src/store/memory.js';

const CLASSES = {
  McpServer,
  WebStandardStreamableHTTPServerTransport,
  Connection,
  SessionHost,
  SessionReference,
  AbortController,
  ReadableStream,
  Request,
  Response,
};

// The program does not show its store. Every one of its kind is looked at through the class they share.
const store = Object.getPrototypeOf(createMemoryStore());
let records = 0;
for (const [name, change] of [
  ['create', 1],
  ['remove', -1],
]) {
  const original = store[name];
  store[name] = async function counted(...args) {
    const result = await original.apply(this, args);
    records += change;
    return result;
  };
}

const countsOf = (names) => {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const measure = async () => {
  globalThis.gc();
  // What a collection found dead may only now let go of something else.
  await setImmediate();
  globalThis.gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources = countsOf(process.getActiveResourcesInfo());
  const instances = Object.fromEntries(
    Object.entries(CLASSES).map(([name, of]) => [name, queryObjects(of, { format: 'count' })]),
  );
  return { heapUsed, external, arrayBuffers, resources, instances, records };
};

const left = async () => ({ records, resources: countsOf(process.getActiveResourcesInfo()) });

// Only a process with a parent that asks: the workers of a server load this as well.
if (process.send) {
  process.on('message', async ({ id, ask }) => {
    process.send({ id, answer: await (ask === 'measure' ? measure() : left()) });
  });
  process.once('disconnect', () => process.exit(1));
  // The channel is no reason for a drained server to stay.
  process.channel?.unref();
}
