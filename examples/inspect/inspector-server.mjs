import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInspector } from '@statelyai/inspect';
import { WebSocketServer } from 'ws';

// The inspector says when it is ready, and is then given every message, as @statelyai/inspect 0.7 speaks.
const PAGE = `<!doctype html>
<title>Holdfast in Stately's inspector</title>
<style>html, body, iframe { width: 100%; height: 100%; margin: 0; border: 0; display: block }</style>
<iframe src="https://stately.ai/inspect"></iframe>
<script>
  const frame = document.querySelector('iframe');
  let socket;
  addEventListener('message', ({ source, origin, data }) => {
    if (source !== frame.contentWindow || data?.type !== '@statelyai.connected') return;
    socket?.close();
    socket = new WebSocket('ws://' + location.host);
    socket.onmessage = (message) => frame.contentWindow.postMessage(JSON.parse(message.data), origin);
  });
</script>
`;

/**
 * Serves Stately's inspector on this machine, and shows it what `inspect` hears.
 *
 * It stands in for `createInspectorServer` of `@statelyai/inspect`, which listens on every interface, lets any
 * web page open in the browser listen in, and keeps the last 200 messages, so that a page opened late knows no
 * actor. This one listens on 127.0.0.1, takes only its own page, and shows a late page all that live.
 *
 * @param {{ port?: number }} [options] `port`: default 8080; 0 for any that is free.
 */
export const startInspectorServer = async ({ port = 8080 } = {}) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address().port;

  // A program on this machine sends no origin. A page of somebody else's in the browser cannot leave it out.
  const origins = [undefined, `http://localhost:${bound}`, `http://127.0.0.1:${bound}`];
  const pages = new WebSocketServer({
    server,
    verifyClient: ({ origin }) => origins.includes(origin),
  });

  /** By actor: the message of its birth, and that of its latest snapshot. */
  const living = new Map();
  pages.on('connection', (page) => {
    page.on('error', () => page.terminate());
    for (const message of [...living.values()].flat()) page.send(message);
  });

  const inspector = createInspector({
    send(event) {
      const message = JSON.stringify(event);
      if (event.type === '@xstate.actor') living.set(event.sessionId, [message]);
      if (event.type === '@xstate.snapshot') {
        const [birth] = living.get(event.sessionId) ?? [];
        if (event.snapshot.status !== 'active') living.delete(event.sessionId);
        else if (birth !== undefined) living.set(event.sessionId, [birth, message]);
      }
      for (const page of pages.clients) page.send(message);
    },
  });

  return {
    /** For `createRuntime({ inspect })`. */
    inspect: inspector.inspect,
    /** What to open in a browser on this machine. */
    url: `http://localhost:${bound}`,
    /** Shows what was heard so far, then lets go of the port and of every page. */
    async close() {
      // The inspector passes on what it hears a turn of the event loop later.
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const page of pages.clients) page.close(1001);
      pages.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
