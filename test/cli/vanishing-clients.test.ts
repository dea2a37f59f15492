import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';

/** What the bench prints with --json. */
interface Soak {
  readonly wrong: readonly string[];
  readonly told: {
    readonly created: number;
    readonly ended: Record<string, number>;
    readonly problems: readonly string[];
  };
  readonly steps: readonly {
    readonly clients: number;
    readonly did: Record<'vanished' | 'calls' | 'streams' | 'midCall', number>;
    readonly left: {
      readonly records: number;
      readonly resources: Record<string, number>;
      readonly instances: Record<string, number>;
    };
  }[];
}

const BENCH = join(import.meta.dirname, '../../bench/vanishing-clients.mjs');

/** The bench as it is, smaller and on shorter deadlines. */
const soak = async (): Promise<Soak> => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'));
  const bench = spawn(
    process.execPath,
    [BENCH, '--warmup', '60', '--clients', '100', '--rounds', '2', '--json'],
    {
      env: {
        ...Object.fromEntries(inherited),
        HOLDFAST_IDLE_AFTER: '500ms',
        HOLDFAST_IDLE_TIMEOUT: '1500ms',
        HOLDFAST_SWEEP_INTERVAL: '100ms',
        HOLDFAST_TOMBSTONE: '200ms',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void bench.kill('SIGKILL'));
  const [out, err] = await Promise.all([
    text(bench.stdout),
    text(bench.stderr),
    once(bench, 'close'),
  ]);
  if (!out.startsWith('{')) throw new Error(`The bench has no figures:\n${out}${err}`);
  return JSON.parse(out);
};

test('clients that vanish leave no session, record, server, transport or socket behind', {
  timeout: 60_000,
}, async () => {
  const { steps, told } = await soak();
  expect(steps.map(({ clients, did }) => [clients, did.vanished])).toEqual([
    [60, 60],
    [100, 100],
    [100, 100],
  ]);
  expect(told).toMatchObject({ created: 260, ended: { 'idle-timeout': 260 }, problems: [] });
  const [before] = steps;
  for (const { left, did } of steps) {
    expect(Math.min(did.calls, did.streams, did.midCall)).toBeGreaterThan(0);
    expect(left.records).toBe(0);
    expect(left.resources).toEqual(before?.left.resources);
    expect(left.instances).toEqual({
      McpServer: 0,
      SessionTransport: 0,
      Connection: 0,
      SessionHost: 0,
      SessionReference: 0,
    });
  }
});
