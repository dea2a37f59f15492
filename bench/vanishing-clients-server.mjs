// Loaded into a server process before `holdfast serve` (node --expose-gc --import): answers, over the
// process's own channel to its parent, how much of what sessions leave behind is still there.
//
//   { id, ask: 'left' }     what is not yet gone; looks only, collects nothing
//   { id, ask: 'measure' }  heap after full collections, active resources, instances still on the heap
import { setTimeout as wait } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { McpServer } from '@modelcontextprotocol/server';
import { Connection } from '../dist/src/mcp/sessions/connection.js';
import { SessionTransport } from '../dist/src/mcp/sessions/transport.js';
import { SessionHost } from '../dist/src/runtime/host.js';
import { SessionReference } from '../dist/src/runtime/reference.js';
import { createMemoryStore } from '../dist/src/store/memory.js';

const COLLECTIONS = 6;

const CLASSES = {
  McpServer,
  SessionTransport,
  Connection,
  SessionHost,
  SessionReference,
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

/**
 * Two collections are not enough: `Request` follows its signal until a finalization callback of Node has run,
 * which happens some turns after a first collection, and only a later one frees what hung on it. Without this
 * up to 5 MiB of what is already garbage were measured, and a different amount each time. Resolves with the
 * active resources.
 */
const collect = async () => {
  let fewest = process.getActiveResourcesInfo();
  for (let n = 0; n < COLLECTIONS; n += 1) {
    globalThis.gc();
    await wait(20);
    // A line on its way to stdout is a resource for a moment; what was left behind is there every time.
    const resources = process.getActiveResourcesInfo();
    if (resources.length < fewest.length) fewest = resources;
  }
  globalThis.gc();
  return countsOf(fewest);
};

const measure = async () => {
  const resources = await collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
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
