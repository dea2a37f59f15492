import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runInNewContext } from 'node:vm';
import { createBrowserReceiver } from '@statelyai/inspect';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { readWire, type Wire } from '../observe/inspector-wire.ts';

const MAIN = join(import.meta.dirname, '../../examples/inspect/main.mjs');

/** The example, as it is run by hand, on a port that is free. */
const startExample = async () => {
  const child = spawn(process.execPath, [MAIN, '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), closed]);
  const url = /^Open (http:\/\/localhost:\d+)$/.exec(String(line))?.[1];
  if (url === undefined) throw new Error(`it said ${line}\n${said.join('\n')}`);
  /** Ends it as Ctrl-C does; resolves with the exit code. */
  const end = async (): Promise<number | null> => {
    child.kill('SIGINT');
    return (await closed)[0];
  };
  return { url, end };
};

/** The address of its socket. By number: how `localhost` resolves is the browser's affair. */
const socketUrl = (url: string): string => url.replace('http://localhost', 'ws://127.0.0.1');

const listen = (url: string, origin?: string): { socket: WebSocket; wire: Wire } => {
  const socket = new WebSocket(socketUrl(url), origin === undefined ? {} : { origin });
  onTestFinished(() => socket.terminate());
  return { socket, wire: readWire(socket) };
};

const statesOf = (wire: Wire): string[] =>
  wire.messages.flatMap(({ type, snapshot }) =>
    type === '@xstate.snapshot' && snapshot !== undefined ? [snapshot.value] : [],
  );

test('a page opened late is shown all that live, then their ends; nothing holds the example open', async () => {
  const { url, end } = await startExample();
  const { socket, wire } = listen(url);
  // The registry and four sessions, each by its birth and by its latest snapshot.
  await wire.until(() => wire.messages.length === 10);
  const { sessionId } = wire.actor('registry');
  const births = wire.messages.filter(({ type }) => type === '@xstate.actor');
  expect(births.map(({ parentId }) => parentId)).toEqual([undefined, ...Array(4).fill(sessionId)]);
  const awake = expect.stringMatching(/^(active|idle)$/);
  expect(statesOf(wire)).toEqual(['accepting', awake, awake, 'paused', awake]);

  const gone = once(socket, 'close');
  expect(await end()).toBe(0);
  await gone;
  expect(statesOf(wire).filter((state) => state === 'terminated')).toHaveLength(4);
  expect(wire.states('registry')).toEqual(['accepting', 'draining', 'stopped']);
});

test('only this machine and its own page are let in', async () => {
  const { url, end } = await startExample();
  const { port } = new URL(url);
  for (const host of otherAddresses()) {
    await expect(reach(host, Number(port)), host).rejects.toThrow();
  }
  const stranger = listen(url, 'https://example.com').socket;
  const [refusal] = await once(stranger, 'error');
  expect(String(refusal)).toContain('401');
  for (const origin of [url, `http://127.0.0.1:${port}`]) {
    const { wire } = listen(url, origin);
    await wire.until(() => wire.messages.length > 0);
  }
  expect(await end()).toBe(0);
});

test('its page hands every message to the inspector in the frame, once that is ready', async () => {
  const { url, end } = await startExample();
  const page = await (await fetch(url.replace('localhost', '127.0.0.1'))).text();
  expect(page).toContain('<iframe src="https://stately.ai/inspect">');

  const received: string[] = [];
  const named = new Promise<void>((resolve) => {
    openInBrowser(page, url, (type) => {
      received.push(type);
      if (received.length === 10) resolve();
    });
  });
  await named;
  expect(received.filter((type) => type === '@xstate.actor')).toHaveLength(5);
  expect(await end()).toBe(0);
});

/** As little of a browser as it takes: the page's script, and Stately's own receiver in its frame. */
function openInBrowser(page: string, url: string, receive: (type: string) => void): void {
  type Hear = (message: object) => void;
  const hear: { page?: Hear; frame?: Hear } = {};
  const contentWindow = {
    postMessage: (data: unknown, target: string) => {
      if (target === 'https://stately.ai') hear.frame?.({ data });
    },
  };
  runInNewContext(/<script>(.*)<\/script>/s.exec(page)?.[1] ?? '', {
    document: { querySelector: () => ({ contentWindow }) },
    addEventListener: (_type: string, listener: Hear) => {
      hear.page = listener;
    },
    location: new URL(url.replace('localhost', '127.0.0.1')),
    WebSocket: class extends WebSocket {
      constructor(address: string) {
        super(address, { origin: url });
      }
    },
  });
  const frame = {
    top: {},
    parent: {
      postMessage: (data: unknown) =>
        hear.page?.({ source: contentWindow, origin: 'https://stately.ai', data }),
    },
    addEventListener: (_type: string, listener: Hear) => {
      hear.frame = listener;
    },
  };
  const receiver = createBrowserReceiver({ window: frame });
  receiver.subscribe(({ type }) => receive(type));
}

function otherAddresses(): string[] {
  const outward = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, family }) => !internal && family === 'IPv4'),
  );
  return ['::1', ...outward.map(({ address }) => address)];
}

async function reach(host: string, port: number): Promise<void> {
  const socket = connect(port, host);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
}
