import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished, test } from 'vitest';
import { startServing } from '../../../src/cli/serving.ts';
import { readSettings } from '../../../src/cli/settings.ts';

const INFO = { name: 'tester', version: '1.0.0' };

/** The address of `holdfast serve --conformance`. */
const served = async (): Promise<URL> => {
  const flags = ['--data', ':memory:', '--port', '0', '--log-level', 'silent', '--conformance'];
  const read = readSettings({}, flags);
  if (!('settings' in read)) throw new Error(JSON.stringify(read.mistakes));
  const output = { print: () => {}, complain: () => {}, colours: false };
  const serving = await startServing(read.settings, output);
  onTestFinished(async () => void (await serving.stop({ operationsMs: 0 })));
  return new URL(serving.url);
};

interface Connected {
  call(name: string): Promise<object>;
  readonly sessionId: string | undefined;
}

const connectV1 = async (url: URL): Promise<Connected> => {
  const client = new ClientV1(INFO);
  const transport = new TransportV1(url);
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    call: (name) => client.callTool({ name, arguments: {} }),
    sessionId: transport.sessionId,
  };
};

const connectV2 =
  (mode: 'legacy' | 'auto') =>
  async (url: URL): Promise<Connected> => {
    const client = new Client(INFO, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(url);
    await client.connect(transport);
    onTestFinished(() => client.close());
    return {
      call: (name) => client.callTool({ name, arguments: {} }),
      sessionId: transport.sessionId,
    };
  };

test.each([
  ['1.x', connectV1, true],
  ['2.x, with sessions', connectV2('legacy'), true],
  ['2.x, which asks for the newer revision first', connectV2('auto'), false],
] as const)(
  '`serve --conformance` serves the official client %s',
  async (_, connect, hasSession) => {
    const { call, sessionId } = await connect(await served());
    expect(sessionId !== undefined).toBe(hasSession);
    expect(JSON.stringify(await call('test_simple_text'))).toContain('This is a simple text');
    expect(JSON.stringify(await call('test_error_handling'))).toContain('intentionally');
    // Where there are sessions the client has to come again for this answer, which it does by itself.
    expect(JSON.stringify(await call('test_reconnection'))).toContain('after the stream was cut');
  },
);
