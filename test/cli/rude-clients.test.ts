import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Output } from '../../src/cli/printer.ts';
import { startServing } from '../../src/cli/serving.ts';
import { readSettings } from '../../src/cli/settings.ts';

/** A server that prints everything it has to say, to a list. */
const serving = async () => {
  const read = readSettings({}, ['--data', ':memory:', '--port', '0', '--log-level', 'debug']);
  if (!('settings' in read)) throw new Error(JSON.stringify(read.mistakes));
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const output: Output = { print, complain: print, colours: false };
  const started = await startServing(read.settings, output);
  onTestFinished(async () => void (await started.stop({ operationsMs: 0 })));
  const { port } = new URL(started.url);
  return { ...started, lines, port: Number(port) };
};

const HEADERS = [
  'content-type: application/json',
  'accept: application/json, text/event-stream',
  'connection: close',
];

const request = (verb: string, host: string, body = ''): string =>
  [
    `${verb} /mcp HTTP/1.1`,
    `host: ${host}`,
    ...HEADERS,
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');

/** Sends these bytes; resolves with the first line of the answer. */
const statusLine = async (port: number, bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return text.split('\r\n', 1)[0] ?? '';
};

test.each([
  ['TRACE', request('TRACE', 'localhost'), 405],
  ['a verb nobody knows', request('PURGE', 'localhost'), 405],
  ['a Host that is no host', request('POST', '[::1', '{}'), 400],
  ['a Host with a user', request('POST', 'evil@localhost', '{}'), 400],
  ['a Host with a port that is none', request('GET', 'localhost:99999'), 400],
  ['a Host that is not ours', request('POST', 'evil.example', '{}'), 403],
  [
    'a body that is nested 3,000 deep',
    request('POST', 'localhost', '['.repeat(3_000) + ']'.repeat(3_000)),
    400,
  ],
])('%s is answered, and nothing is printed', async (_, bytes, status) => {
  const { port, lines } = await serving();
  expect(await statusLine(port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(lines).toEqual([]);
});

test("a client that leaves in the middle of its body is nobody's error", async () => {
  const { port, lines, stop } = await serving();
  const half = `POST /mcp HTTP/1.1\r\nhost: localhost\r\n${HEADERS.join('\r\n')}\r\ncontent-length: 99\r\n\r\n{`;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(half, () => resolve()));
  // What comes after it is answered after it.
  expect(await statusLine(port, request('PURGE', 'localhost'))).toContain('405');
  socket.destroy();
  await once(socket, 'close');
  expect(await statusLine(port, request('PURGE', 'localhost'))).toContain('405');
  await stop({ operationsMs: 0 });
  expect(lines.filter((line) => !line.includes('draining'))).toEqual([]);
});
