// One server of the MCP benches, in a process of its own: Holdfast's leg (`ours`), the SDK's transport in a bare Map as its
// documentation has it (`sdk`), or a node:http server that only holds its GETs (`bare`). Tells its port, and answers what it
// is asked by its parent: what it holds in memory after a collection, the time its processor worked, what it counts.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const dist = process.env.HOLDFAST_DIST
  ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`)
  : new URL('../dist/', import.meta.url);
const load = (path) => import(new URL(`src/${path}.js`, dist).href);

const { side, folder, sessions = 10_000, json = false } = JSON.parse(process.argv[2]);

const ECHO = z.object({ text: z.string() });
/** Ten tools, as a server has them; one of them is called. */
const makeServer = () => {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  for (let n = 0; n < 10; n++) {
    const config = { description: `Tool ${n}: gives the text back.`, inputSchema: ECHO };
    server.registerTool(n === 0 ? 'echo' : `echo_${n}`, config, ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
  }
  return server;
};

const ours = async () => {
  const [{ createRuntime }, { createMcpSessions }, { toNodeHandler }] = await Promise.all([
    load('index'),
    load('mcp/sessions/index'),
    load('http/adapters/index'),
  ]);
  const durable = folder === undefined ? {} : await durableOptions();
  const runtime = createRuntime({ maxResident: sessions * 2, maxStored: sessions * 4, ...durable });
  const app = createMcpSessions({ runtime, server: makeServer });
  return {
    handle: toNodeHandler(app),
    counts: () => ({
      ...runtime.stats(),
      connections: app.connections,
      streams: app.streams,
    }),
    close: () => runtime.drain({ operationsMs: 0 }),
  };
};

const durableOptions = async () => {
  const { openSqliteStore } = await load('store/sqlite/index');
  return {
    store: await openSqliteStore({ folder }),
    // Put away soon, and never ended meanwhile.
    deadlines: { idleAfterMs: 1_000, hibernateAfterMs: 1_000, idleTimeoutMs: 86_400_000 },
  };
};

/** docs/serving of the SDK: the Map that everybody writes. */
const sdk = async () => {
  const { NodeStreamableHTTPServerTransport } = await import('@modelcontextprotocol/node');
  const transports = new Map();
  const handle = async (request, response) => {
    const known = transports.get(request.headers['mcp-session-id']);
    if (known !== undefined) return known.handleRequest(request, response);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      onsessioninitialized: (id) => void transports.set(id, transport),
    });
    transport.onclose = () => void transports.delete(transport.sessionId);
    await makeServer().connect(transport);
    return transport.handleRequest(request, response);
  };
  return {
    handle,
    counts: () => ({ connections: transports.size, resident: transports.size }),
    close: async () => undefined,
  };
};

const bare = async () => {
  let open = 0;
  const handle = async (request, response) => {
    request.resume();
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.write(': open\n\n');
  };
  return { handle, counts: () => ({ streams: open }), close: async () => undefined };
};

const { handle, counts, close } = await { ours, sdk, bare }[side]();
const server = createServer((request, response) => {
  handle(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

const threadHeap = async () => {
  if (folder === undefined) return 0;
  const channel = new BroadcastChannel('holdfast-bench-heap');
  try {
    return await new Promise((resolve) => {
      channel.onmessage = ({ data }) => resolve(data.heapUsed + data.external);
      channel.postMessage({ ask: 'heap' });
    });
  } finally {
    channel.close();
  }
};

const memory = async () => {
  // More than once: what finalizes in one is freed in the next.
  for (let n = 0; n < 5; n++) {
    await sleep(50);
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external + (await threadHeap());
};

const answers = { memory, cpu: async () => process.cpuUsage(), counts: async () => counts() };
process.on('message', async ({ ask }) => {
  if (ask === 'stop') {
    server.closeAllConnections();
    server.close();
    await close();
    process.exit(0);
  }
  process.send({ answer: await answers[ask]() });
});
process.on('disconnect', () => process.exit(0));
