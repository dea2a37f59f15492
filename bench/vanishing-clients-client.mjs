// The process of the clients: official MCP clients that open a session, use it, and vanish. Its parent tells it
// what to do, and is answered with `{ id, answer }` or `{ id, error }`:
//
//   { id, ask: 'visit', url, first, size }  so many clients come and use their sessions, all at the same time
//   { id, ask: 'vanish' }                   all of them are gone: every socket of the process is destroyed, every
//                                           second one with a reset, and nobody can reach the network any more
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Client, SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Every tenth client vanishes while its call is running. */
const MID_CALL = 10;

/** All open sockets of this process's `fetch`. */
const sockets = new Set();
subscribe('undici:client:connected', ({ socket }) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});

/** The clients that have come and not yet vanished. */
const present = new Set();

/** Opens a session and uses it. Resolves when the client is ready to vanish. */
const visit = async (url, n, did) => {
  const visitor = { gone: false, client: new Client({ name: `vanishing-${n}`, version: '1.0.0' }) };
  present.add(visitor);
  const { client } = visitor;
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: async (...request) => {
      // A killed client opens no new connection, whatever its transport would like to.
      if (visitor.gone) throw new Error('The client is gone.');
      return fetch(...request);
    },
  });
  await client.connect(transport);
  did.opened += 1;
  const { tools } = await client.listTools();
  if (tools.length === 0) throw new Error('The server has no tools.');
  did.listed += 1;
  await client.callTool({ name: 'note_add', arguments: { text: `client ${n} was here` } });
  await client.callTool({ name: 'session_info', arguments: {} });
  did.calls += 2;
  if (n % MID_CALL !== 0) return;
  await new Promise((running, failed) => {
    client
      .callTool(
        { name: 'count_slowly', arguments: { to: 20, everyMs: 50 } },
        { onprogress: running },
      )
      .catch(failed);
  });
  did.midCall += 1;
};

/** On a machine too slow for the short deadlines a session may be over before its client has used it all. */
const isOver = (error) => error instanceof SdkHttpError && error.status === 404;

const visits = async ({ url, first, size }) => {
  const did = { opened: 0, listed: 0, calls: 0, midCall: 0, late: 0 };
  const one = async (n) => {
    try {
      await visit(url, n, did);
    } catch (error) {
      if (!isOver(error)) throw error;
      did.late += 1;
    }
  };
  await Promise.all(Array.from({ length: size }, (_, index) => one(first + index)));
  return did;
};

const vanish = async () => {
  const visitors = [...present];
  present.clear();
  for (const visitor of visitors) visitor.gone = true;
  const closed = [...sockets].map((socket, index) => {
    const close = once(socket, 'close').catch(() => {});
    if (index % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
    return close;
  });
  await Promise.all(closed);
  // Only to be rid of their timers here: nothing of it reaches the network.
  await Promise.all(visitors.map(({ client }) => client.close().catch(() => {})));
  return { vanished: visitors.length, sockets: closed.length };
};

process.on('message', async ({ id, ask, ...what }) => {
  try {
    process.send({ id, answer: await (ask === 'vanish' ? vanish() : visits(what)) });
  } catch (error) {
    process.send({ id, error: error instanceof Error ? error.stack : String(error) });
  }
});
process.once('disconnect', () => process.exit(1));
