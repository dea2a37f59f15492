import { onTestFinished } from 'vitest';
import type { Fetchable } from '../../../../src/http/fetch.ts';
import { writtenResponse } from '../../../../src/http/written-response.ts';
import { AppUnderTest, type KeptWriter } from '../app-under-test.ts';
import { rawClient } from '../raw-client.ts';

/** What the server under test is started with. */
export interface StartOptions {
  readonly maxBodyBytes: number;
  readonly onError: (error: unknown) => void;
}

/** A server that serves an app on 127.0.0.1, at any path. */
export interface Started {
  readonly port: number;
  close(): Promise<void>;
}

/** One adapter, as the contract sees it. */
export interface AdapterUnderTest {
  readonly name: string;
  /** Serves the app at every path and with every method. */
  start(app: Fetchable, options: StartOptions): Promise<Started>;
  /** False where the body is a stream to the app, and its length is the app's affair. */
  readonly collectsBodies: boolean;
  /** What the framework says where the app fails: its status. */
  readonly tellsFailures: boolean;
}

export const MOST_BYTES = 100_000;
export const JSON_TYPE = { 'content-type': 'application/json' };
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const serve = async (adapter: AdapterUnderTest, app: AppUnderTest) => {
  const errors: unknown[] = [];
  const server = await adapter.start(app, {
    maxBodyBytes: MOST_BYTES,
    onError: (error) => void errors.push(error),
  });
  onTestFinished(() => server.close());
  const url = `http://127.0.0.1:${server.port}`;
  return { url, errors, port: server.port, client: () => rawClient(server.port) };
};

export const serveWritten = async (adapter: AdapterUnderTest, writer: KeptWriter) => {
  const headers = { 'content-type': 'text/event-stream', 'x-own': '1' };
  const app = new AppUnderTest(() => writtenResponse(writer, { headers }));
  return { app, ...(await serve(adapter, app)) };
};

export const GET = (path = '/', version = '1.1'): readonly string[] => [
  `GET ${path} HTTP/${version}`,
  'host: localhost',
  '',
  '',
];
