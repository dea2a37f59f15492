import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { McpServerContext } from '../../../src/mcp/server-factory.ts';
import { serveMcpStdio } from '../../../src/mcp/stdio/serve-mcp-stdio.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import {
  call,
  createServer,
  INITIALIZE,
  readAnswers,
  type StdioAnswers,
} from './stdio-under-test.ts';

const IDLE_TIMEOUT_MS = 30_000;

/** Processes that come one after another over the same disk. */
const processes = () => {
  const clock = createVirtualClock({ traced: true });
  const disk = createSimulatedDisk({ clock, syncMs: 0 });
  const deadlines = { idleAfterMs: 1_000, hibernateAfterMs: 1_000, idleTimeoutMs: IDLE_TIMEOUT_MS };
  const bench = createTestRuntime({ clock, disk, deadlines });
  onTestFinished(async () => {
    await bench.close();
    await bench.settle();
    bench.expectNoLeaks();
  });
  /** What such a process runs. */
  const start = (key: string | undefined, principal: string | null = 'ada') => {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const contexts: McpServerContext[] = [];
    const stdio = serveMcpStdio({
      ...{ runtime: bench.runtime, principal, stdin, stdout, clock },
      ...(key === undefined ? {} : { key }),
      server: (context) => {
        contexts.push(context);
        return createServer(context, []);
      },
    });
    const { answer }: StdioAnswers = readAnswers(stdout);
    const ask = (message: { readonly id: string | number }) => {
      stdin.write(`${JSON.stringify(message)}\n`);
      return answer(message.id);
    };
    const leave = async () => {
      stdin.end();
      await stdio.closed;
    };
    return { stdio, contexts, ask, leave };
  };
  return { bench, start };
};

test('a keyed session is gone on with by the next process', async () => {
  const { bench, start } = processes();
  const first = start('notes');
  await first.ask(INITIALIZE);
  expect(first.contexts).toMatchObject([{ restored: false }]);
  await first.stdio.session?.update(() => ({ kept: 'here' }));
  await first.leave();
  expect(first.stdio.session?.state).toBe('active');

  await bench.restart();
  const next = start('notes');
  await next.ask(INITIALIZE);
  expect(next.stdio.session?.id).toBe(first.stdio.session?.id);
  expect(next.contexts).toMatchObject([{ restored: true, session: { data: { kept: 'here' } } }]);
  await next.leave();
});

test('the same after a drain under its open connection', async () => {
  const { bench, start } = processes();
  const first = start('notes');
  await first.ask(INITIALIZE);
  await first.stdio.session?.update(() => ({ kept: 'here' }));
  expect(await bench.runtime.drain()).toMatchObject({ hibernated: 1, ended: 0 });
  expect(await first.ask(call(1, 'whoami'))).toHaveProperty('error');
  await first.stdio.close();

  await bench.restart();
  const next = start('notes');
  await next.ask(INITIALIZE);
  expect(next.contexts).toMatchObject([{ restored: true, session: { data: { kept: 'here' } } }]);
  await next.leave();
});

test('the same after a crash', async () => {
  const { bench, start } = processes();
  const first = start('notes');
  await first.ask(INITIALIZE);
  await first.stdio.session?.update(() => ({ kept: 'here' }));
  bench.crash();
  const next = start('notes');
  await next.ask(INITIALIZE);
  expect(next.contexts).toMatchObject([{ restored: true, session: { data: { kept: 'here' } } }]);
  await next.leave();
  await first.leave();
});

test('another key, and another principal, is another session', async () => {
  const { start } = processes();
  const ids = new Set<string | undefined>();
  for (const [key, principal] of [
    ['notes', 'ada'],
    ['other', 'ada'],
    ['notes', 'bob'],
  ] as const) {
    const { stdio, ask, leave, contexts } = start(key, principal);
    await ask(INITIALIZE);
    expect(contexts).toMatchObject([{ restored: false, principal }]);
    ids.add(stdio.session?.id);
    await leave();
  }
  expect(ids.size).toBe(3);
});

test('a quiet one is put away while its client is there, and its next request finds it', async () => {
  const { bench, start } = processes();
  const { stdio, ask, leave, contexts } = start('notes');
  await ask(INITIALIZE);
  await bench.advance(IDLE_TIMEOUT_MS / 2);
  expect(stdio.session?.info().residency).toBe('stored');
  expect(await ask(call(1, 'whoami'))).toMatchObject({
    result: { content: [{ text: stdio.session?.id }] },
  });
  // Its server was there all the time: so is what its client and it know of each other.
  expect(contexts).toHaveLength(1);
  // Silence would end it; but nobody is silent who holds the pipe.
  await bench.advance(3 * IDLE_TIMEOUT_MS);
  expect(stdio.session?.info().residency).toBe('stored');
  expect(await ask(call(2, 'echo', { text: 'there' }))).toHaveProperty('result');
  await leave();
  await vi.waitFor(() => expect(stdio.session?.info().presences).toBe(0));
});

test('without a key nothing is left of it, over a durable store too', async () => {
  const { bench, start } = processes();
  const { stdio, ask, leave } = start(undefined);
  await ask(INITIALIZE);
  await leave();
  expect(stdio.session?.info().reason).toBe('client');
  expect(bench.runtime.stats()).toMatchObject({ resident: 0, ended: { client: 1 } });
});
