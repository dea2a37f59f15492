import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStore } from '../../../src/index.ts';
import { faultyStore } from '../../../src/testing/faulty-store.ts';
import { createVirtualClock } from '../../../src/time/virtual-clock.ts';
import { openWork, quietRuntime } from '../fixture.ts';

// Everything a drain waits for is on timers that do not hold the process, so it holds the process itself.

const BUILT = pathToFileURL(join(import.meta.dirname, '../../../dist/src/index.js')).href;

/** Runs a script that has nothing to live for but what it awaits. */
const aloneInItsProcess = async (script: string) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { out, err, code };
};

test('a drain whose first try to record an end fails is brought to its end, with nothing else alive', async () => {
  const script = `
    import { createMemoryStore, createRuntime } from ${JSON.stringify(BUILT)};
    const store = createMemoryStore();
    const commit = store.commit.bind(store);
    let failed = false;
    let recorded = '';
    store.commit = async (held, change) => {
      if (!failed) {
        failed = true;
        throw new Error('disk full');
      }
      const record = await commit(held, change);
      recorded = record.state;
      return record;
    };
    const runtime = createRuntime({ store });
    await runtime.create();
    const report = await runtime.close();
    console.log(JSON.stringify({ ...report, tookMs: 0, failed, recorded }));
  `;
  const { out, err, code } = await aloneInItsProcess(script);
  expect(err).toBe('');
  // Node's code for a process that had nothing left to do while its main module still awaited is 13.
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    ended: 1,
    hibernated: 0,
    aborted: 0,
    left: [],
    tookMs: 0,
    failed: true,
    recorded: 'terminated',
  });
});

test('listeners of every kind that reject do not end the process', async () => {
  const script = `
    import { createRuntime } from ${JSON.stringify(BUILT)};
    const rejecting = async () => {
      throw new Error('boom');
    };
    const runtime = createRuntime({ inspect: rejecting });
    runtime.subscribe(rejecting);
    const session = await runtime.create();
    session.subscribe(rejecting);
    session.actor.subscribe(rejecting);
    await session.pause();
    await session.terminate();
    await runtime.close();
    console.log('lives');
  `;
  expect(await aloneInItsProcess(script)).toEqual({ out: 'lives\n', err: '', code: 0 });
});

/** A clock that says whether the process is held. */
const holdingClock = () => {
  const clock = createVirtualClock();
  let holds = 0;
  const hold = () => {
    holds += 1;
    return () => {
      holds -= 1;
    };
  };
  return { clock, held: () => holds, holding: Object.assign(clock, { hold }) };
};

test('the process is held from the beginning of the drain to its end, and not before or after', async () => {
  const { clock, held, holding } = holdingClock();
  const { runtime } = quietRuntime({ clock: holding }, holding);
  const work = openWork(await runtime.create());
  await clock.advance(1_000);
  expect(held()).toBe(0);
  const drained = runtime.drain();
  expect(held()).toBe(1);
  await clock.advance(1_000);
  expect(held()).toBe(1);
  void runtime.close();
  expect(held()).toBe(1);
  work.finish('done');
  await drained;
  expect(held()).toBe(0);
});

test('… and let go where the store never answers or cannot be closed', async () => {
  const { clock, held, holding } = holdingClock();
  const memory = createMemoryStore();
  memory.close = () => new Promise(() => undefined);
  const store = faultyStore(memory, { clock, random: () => 0.5 });
  const { runtime } = quietRuntime({ clock: holding, store }, holding);
  await runtime.create();
  store.break('stall');
  const drained = runtime.close();
  await clock.advance(5_000);
  expect(held()).toBe(1);
  await clock.advance(5_000);
  expect(await drained).toMatchObject({ left: [expect.any(String)] });
  expect(held()).toBe(0);
});
