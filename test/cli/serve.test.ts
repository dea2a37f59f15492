import { expect, test } from 'vitest';
import { addressIn, clientProcess, holdfast } from './holdfast-process.ts';

const DEADLINES = {
  HOLDFAST_PORT: '0',
  HOLDFAST_IDLE_AFTER: '200ms',
  HOLDFAST_IDLE_TIMEOUT: '600ms',
  HOLDFAST_SWEEP_INTERVAL: '100ms',
};

const statusOf = async (url: string, id: string): Promise<number> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': id,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
  await response.body?.cancel();
  return response.status;
};

test('where it listens is the first line; a client killed without goodbye ends with idle-timeout, and its id answers 404', async () => {
  const server = holdfast(['serve'], DEADLINES);
  const first = await server.line(/./);
  expect(first).toMatch(/^holdfast listens on http:\/\/127\.0\.0\.1:\d+\/mcp /);
  const url = addressIn(first);

  const client = clientProcess(url, 'doomed');
  const created = await server.line(/ created ses_/);
  const id = /ses_\S+/.exec(created)?.[0] ?? '';
  await client.line(/ready/);
  expect(await statusOf(url, id)).toBe(200);
  client.child.kill('SIGKILL');

  await server.line(new RegExp(` ended ${id} idle-timeout$`));
  expect(await statusOf(url, id)).toBe(404);
  const story = server.lines.filter((line) => line.includes(id)).map((line) => line.split(' ')[1]);
  expect(story[0]).toBe('created');
  expect(story.slice(-2)).toEqual(['idle', 'ended']);
  server.child.kill('SIGINT');
  expect(await server.exit()).toBe(0);
});

test('a signal drains, says what was drained, and frees the port', async () => {
  const server = holdfast(['serve'], { HOLDFAST_PORT: '0' });
  const url = addressIn(await server.line(/listens on/));
  const clients = [clientProcess(url, 'one'), clientProcess(url, 'two')];
  for (const client of clients) await client.line(/ready/);
  server.child.kill('SIGINT');
  expect(await server.line(/^drained/)).toMatch(
    /^drained: 2 sessions ended, 0 operations aborted, in \d+ ms$/,
  );
  expect(await server.exit()).toBe(0);
  expect(server.lines.filter((line) => /ended ses_\S+ shutdown$/.test(line))).toHaveLength(2);
  await expect(fetch(url)).rejects.toThrow();
});
