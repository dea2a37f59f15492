import { McpServer } from '@modelcontextprotocol/server';
import { expect, onTestFinished } from 'vitest';
import { LIMITS } from '../../../src/limits.ts';
import { createMcpSessions } from '../../../src/mcp/sessions/index.ts';
import type { LegRuntime } from '../../../src/mcp/sessions/options.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts';
import { createTestRuntime } from '../../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { INITIALIZE } from './endpoint-under-test.ts';

const HEADERS = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** What the test makes of it. */
interface Given {
  readonly durable: boolean;
  readonly maxPerPrincipal: number;
  readonly principal?: string | null;
  /** What happens once the sessions were listed. */
  readonly listed?: (runtime: Runtime) => Promise<void>;
  /** The factory waits for it. */
  readonly made?: () => Promise<void>;
  /** What the end of a session waits for. */
  readonly cleanup?: () => Promise<void>;
}

/** The runtime, with something that happens once its sessions were listed. */
const listing = (runtime: Runtime, listed: (runtime: Runtime) => Promise<void>): LegRuntime => ({
  deadlines: runtime.deadlines,
  subscribe: (listener) => runtime.subscribe(listener),
  as: (principal) => {
    const own = runtime.as(principal);
    return {
      principal,
      create: (options) => own.create(options),
      getOrCreate: (options) => own.getOrCreate(options),
      get: (id) => own.get(id),
      list: async (options) => {
        const page = await own.list(options);
        await listed(runtime);
        return page;
      },
      terminate: (id, reason) => own.terminate(id, reason),
      terminateAll: (reason) => own.terminateAll(reason),
      validate: (id) => own.validate(id),
    };
  },
});

/** An endpoint whose callers are one principal, which may have so many sessions. */
export const quotaUnderTest = ({
  durable,
  maxPerPrincipal,
  principal = 'ada',
  made,
  listed,
  cleanup,
}: Given) => {
  const clock = createVirtualClock({ traced: true });
  const disk = createSimulatedDisk({ clock, syncMs: 0 });
  const bench = createTestRuntime({
    clock,
    ...(durable ? { disk } : {}),
    maxPerPrincipal,
    ...(cleanup === undefined ? {} : { cleanup }),
    // Over a memory store the runtime itself would end an idle one.
    deadlines: durable
      ? { idleAfterMs: 70_000, hibernateAfterMs: 5_000, idleTimeoutMs: 3_600_000 }
      : { idleAfterMs: 600_000, idleTimeoutMs: 3_600_000 },
  });
  const answers: (() => void)[] = [];
  const endpoint = createMcpSessions({
    runtime: listed === undefined ? bench.runtime : listing(bench.runtime, listed),
    clock,
    answers: 'stream',
    authenticate: () => principal,
    server: async () => {
      await made?.();
      const server = new McpServer({ name: 'under-test', version: '1.0.0' });
      server.registerTool('hold', {}, () => {
        return new Promise((resolve) => {
          answers.push(() => resolve({ content: [] }));
        });
      });
      return server;
    },
  });
  onTestFinished(async () => {
    for (const answer of answers) answer();
    await endpoint.close();
    await bench.close();
    await bench.settle();
    bench.expectNoLeaks();
  });
  const send = (
    method: string,
    id: string | null,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Response> =>
    endpoint.fetch(
      new Request('http://localhost/mcp', {
        method,
        ...(signal === undefined ? {} : { signal }),
        headers: { ...HEADERS, ...(id === null ? {} : { 'mcp-session-id': id }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const initialize = async (signal?: AbortSignal) => {
    const response = await send('POST', null, INITIALIZE, signal);
    await response.clone().text();
    return { response, status: response.status, id: response.headers.get('mcp-session-id') ?? '' };
  };
  /** One that was opened so much before the next one. */
  const opened = async (apartMs = 1_000): Promise<string> => {
    const { id, status } = await initialize();
    expect(status).toBe(200);
    await bench.advance(apartMs);
    return id;
  };
  /** Until all that were opened are quiet for long enough. */
  const quiet = () => bench.advance(LIMITS.makesWayAfterMs);
  const reasons = () =>
    bench.events
      .filter((event) => event.type === 'session.ended')
      .map(({ id, reason }) => [id, reason]);
  const residency = async (id: string) => (await bench.runtime.get(id)).info().residency;
  return { bench, send, initialize, opened, quiet, reasons, residency, answers };
};
