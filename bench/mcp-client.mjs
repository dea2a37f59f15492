// What the MCP benches share: a server in a process of its own, and a client that sends what the official one sends, as
// cheaply as it can be sent, so that the server is what is measured.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const LATE_MS = 60_000;
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts one; `ask` asks it something, `stop` ends it. */
export const startServer = async (options) => {
  const child = fork(file('mcp-server.mjs'), [JSON.stringify(options)], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import ${new URL('./heap-probe.mjs', import.meta.url)}`,
    },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const [{ port }] = await once(child, 'message');
  const ask = async (what) => {
    const answered = once(child, 'message', { signal: AbortSignal.timeout(LATE_MS) });
    child.send({ ask: what });
    return (await answered)[0].answer;
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.send({ ask: 'stop' });
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(late);
  };
  return { port, ask, stop };
};

const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
  'user-agent': 'node',
};

export const newAgent = (maxSockets) => new Agent({ keepAlive: true, maxSockets });

/** One POST, read to its end. */
export const post = ({ port, agent, id }, body) =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { ...HEADERS, 'content-length': Buffer.byteLength(text) };
    if (id !== undefined) headers['mcp-session-id'] = id;
    const asked = { host: '127.0.0.1', port, agent, method: 'POST', path: '/mcp', headers };
    const request = send(asked, (response) => {
      let read = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        read += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text: read }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(text);
  });

/** The GET stream a client holds. Resolves with what closes it, once its headers are there. */
export const openStream = (port, id) =>
  new Promise((resolve, reject) => {
    const headers = { ...HEADERS, accept: 'text/event-stream' };
    if (id !== undefined) headers['mcp-session-id'] = id;
    const request = send({ host: '127.0.0.1', port, agent: false, path: '/mcp', headers });
    request.on('response', (response) => {
      response.on('error', () => undefined);
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`GET was answered ${response.statusCode}`));
      else resolve(() => request.destroy());
    });
    request.on('error', reject);
    request.end();
  });

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  },
};

export const callOf = (id, text = 'What is the state of the deploy?') => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'echo', arguments: { text } },
});

/** What the official client sends as it connects and calls a tool for the first time, but for its GET. Returns the session's id. */
export const openSession = async (port, agent) => {
  const opened = await post({ port, agent }, INITIALIZE);
  const id = opened.headers['mcp-session-id'];
  if (opened.status !== 200 || id === undefined)
    throw new Error(`initialize: ${opened.status} ${opened.text}`);
  await post({ port, agent, id }, { jsonrpc: '2.0', method: 'notifications/initialized' });
  await post({ port, agent, id }, { jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const called = await post({ port, agent, id }, callOf(2));
  if (!called.text.includes('state of the deploy')) throw new Error(`tools/call: ${called.text}`);
  return id;
};

export const inBatches = async (count, size, act) => {
  for (let at = 0; at < count; at += size) {
    await Promise.all(Array.from({ length: Math.min(size, count - at) }, (_, n) => act(at + n)));
  }
};

/** Waits until the server counts so. */
export const untilCounted = async (server, what, isSo) => {
  const last = Date.now() + LATE_MS;
  for (;;) {
    const counts = await server.ask('counts');
    if (isSo(counts)) return counts;
    if (Date.now() > last)
      throw new Error(`${what}: not within ${LATE_MS} ms: ${JSON.stringify(counts)}`);
    await sleep(100);
  }
};
