// Loaded into the server before it starts (`--import`): tells of each HTTP request, on file descriptor 3, what came and
// what was answered. The clients talk to the real socket; nothing stands between.
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';

const OUT = 3;
const numbers = new WeakMap();
let last = 0;

const tell = (line) => {
  try {
    writeSync(OUT, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody listens any more: the server is nobody's concern either.
  }
};

subscribe('http.server.request.start', ({ request, response }) => {
  last += 1;
  const n = last;
  numbers.set(request, n);
  const { headers, method } = request;
  tell({
    http: 'asked',
    n,
    method,
    path: request.url,
    session: headers['mcp-session-id'] ?? null,
    version: headers['mcp-protocol-version'] ?? null,
    mcpMethod: headers['mcp-method'] ?? null,
    resumes: headers['last-event-id'] !== undefined,
  });
  // Of an answer that stays open, as a stream does, the end comes when the client leaves.
  response.once('close', () => tell({ http: 'over', n, status: response.statusCode }));
});
