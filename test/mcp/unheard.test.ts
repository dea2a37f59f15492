import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { toNodeHandler } from '../../src/http/adapters/node.ts';
import { createMcpEndpoint } from '../../src/mcp/endpoint.ts';
import { createMcpSessions } from '../../src/mcp/sessions/index.ts';
import { serveMcpStdio } from '../../src/mcp/stdio/serve-mcp-stdio.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { hearWarnings } from '../errors/warnings.ts';
import { listening } from '../http/adapters/listening.ts';
import { modernRequest } from './modern/dual-endpoint.ts';
import { INITIALIZE } from './sessions/endpoint-under-test.ts';
import { readAnswers } from './stdio/stdio-under-test.ts';

// A 500 that nobody hears of looks as if nothing had happened.

const HEADERS = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
const legacy = { method: 'POST', headers: HEADERS, body: JSON.stringify(INITIALIZE) };
const modern = modernRequest('tools/list', {}, { host: 'localhost' });

const failing = (): never => {
  throw new Error('no tools today');
};

const runtimeUnderTest = () => {
  const runtime = createRuntime();
  onTestFinished(async () => {
    await runtime.close();
  });
  return runtime;
};

type Hearing = { readonly onError?: (error: unknown) => void };

/** Each way into the front-end, failing twice; resolves with the statuses, or codes, its client got. */
const FAILING: Readonly<Record<string, (hearing: Hearing) => Promise<readonly unknown[]>>> = {
  'the gate': async (hearing) => {
    const runtime = runtimeUnderTest();
    const options = { runtime, server: failing, authenticate: failing, ...hearing };
    const endpoint = createMcpSessions(options);
    const ask = async () => (await endpoint.fetch(new Request('http://localhost', legacy))).status;
    const statuses = [await ask(), await ask()];
    await endpoint.close();
    return statuses;
  },
  'the sessions': async (hearing) => {
    const endpoint = createMcpSessions({
      runtime: runtimeUnderTest(),
      server: failing,
      ...hearing,
    });
    const ask = async () => (await endpoint.fetch(new Request('http://localhost', legacy))).status;
    const statuses = [await ask(), await ask()];
    await endpoint.close();
    return statuses;
  },
  'the requests of the modern era': async (hearing) => {
    const endpoint = createMcpEndpoint({
      runtime: runtimeUnderTest(),
      server: failing,
      ...hearing,
    });
    const ask = async () => (await endpoint.fetch(new Request('http://localhost', modern))).status;
    const statuses = [await ask(), await ask()];
    await endpoint.close();
    return statuses;
  },
  'an adapter': async (hearing) => {
    const { port, close } = await listening(
      createServer(toNodeHandler({ fetch: async () => failing() }, hearing)),
    );
    const ask = async () => (await fetch(`http://127.0.0.1:${port}`)).status;
    const statuses = [await ask(), await ask()];
    await close();
    return statuses;
  },
};

test.each(Object.keys(FAILING))('%s: without onError, one warning of the process', async (name) => {
  const warnings = hearWarnings();
  expect(await FAILING[name]?.({})).toEqual([500, 500]);
  const told = await warnings();
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/: Error: no tools today\. .* onError\. /);
});

test.each(Object.keys(FAILING))('%s: with onError, none; it hears both', async (name) => {
  const warnings = hearWarnings();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  expect(await FAILING[name]?.({ onError })).toEqual([500, 500]);
  expect(errors.map(String)).toEqual(Array(2).fill('Error: no tools today'));
  expect(await warnings()).toEqual([]);
});

test.each([true, false])('stdio: a server that cannot be made, heard: %s', async (isHeard) => {
  const warnings = hearWarnings();
  const errors: unknown[] = [];
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const stdio = serveMcpStdio({
    ...{ runtime: runtimeUnderTest(), server: failing, stdin, stdout },
    ...(isHeard ? { onError: (error: unknown) => void errors.push(error) } : {}),
  });
  const { answer } = readAnswers(stdout);
  stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
  expect((await answer('init')).error).toBeDefined();
  await stdio.close();
  expect(errors).toHaveLength(isHeard ? 1 : 0);
  expect(await warnings()).toHaveLength(isHeard ? 0 : 1);
});

test('an onError that throws, or rejects, costs no client its answer, and no process its life', async () => {
  for (const onError of [failing, () => Promise.reject(new Error('deaf'))]) {
    for (const fail of Object.values(FAILING)) {
      expect(await fail({ onError })).toEqual([500, 500]);
    }
  }
});
