import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { RuntimeOptions } from '../../../src/index.ts';
import type { RuntimeContext } from '../../../src/runtime/runtime-context.ts';
import { toldOf } from '../fixture.ts';
import {
  after,
  crash,
  durableRuntime,
  faultyProcess,
  newDisk,
  processOver,
  REST_MS,
} from '../residency/fixture.ts';
import { behind } from '../residency/spoilt-records.ts';

// Streams of stored sessions to which nobody has a reference. idleTimeout is 60 s, and its checkpoints 3 s apart.

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // What the flag brings.

const STORED_MS = 10_000 + REST_MS + 600;

/** Nothing stands for that session any more, as far as nobody holds it. */
const isForgotten = async (context: RuntimeContext, id: string): Promise<boolean> => {
  for (let turn = 0; turn < 5 && context.away.get(id) !== undefined; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return context.away.get(id) === undefined;
};

type Process = ReturnType<typeof durableRuntime>;

/** A session of ada's that is stored, with a stream attached; its id, and what detaches. */
const attachedIn = async ({ clock, runtime, context }: Process, beats: 'first' | 'off' = 'off') => {
  const made = async () => {
    const session = await after(clock, runtime.create({ principal: 'ada', beats }));
    return { id: session.id, detach: session.attach() };
  };
  const { id, detach } = await made();
  await clock.advance(STORED_MS);
  expect(await isForgotten(context, id)).toBe(true);
  return { id, detach };
};

/** Beats as a front-end does, by its id, every 4 s for so long. */
const proving = async ({ clock, runtime }: Process, id: string, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 4_000) {
    const session = await after(clock, runtime.as('ada').get(id));
    session.beat();
    await clock.advance(3_950);
  }
};

const presencesOf = async ({ clock, runtime }: Process, id: string): Promise<readonly number[]> => {
  const { sessions } = await after(clock, runtime.list());
  const session = await after(clock, runtime.get(id));
  return [session.info().presences, ...sessions.map(({ presences }) => presences)];
};

const seqsOf = ({ events }: Process, id: string): readonly number[] =>
  events.flatMap((event) => ('seq' in event && event.id === id ? [event.seq] : []));

test('an attached stream holds nothing of a stored session but a small entry, and is counted and told', async () => {
  const process = durableRuntime();
  const { context, events } = process;
  const { id, detach } = await attachedIn(process);
  expect(context.away).toMatchObject({ held: 0, inContact: 1 });
  expect(await presencesOf(process, id)).toEqual([1, 1]);
  expect(await isForgotten(context, id)).toBe(true);
  detach();
  detach();
  expect(await presencesOf(process, id)).toEqual([0, 0]);
  expect(toldOf(events, id).slice(-3)).toEqual(['active>idle', 'hibernated', 'detached']);
  expect(events.at(-1)).toMatchObject({ principal: 'ada', presences: 0 });
  expect(seqsOf(process, id)).toEqual(seqsOf(process, id).map((_, index) => index + 1));
  expect(process.runtime.stats().woken).toBe(0);
});

test('one that comes to a stored session, and what was attached before, are counted together across wakes', async () => {
  const process = durableRuntime();
  const { clock, context, runtime } = process;
  const { id, detach } = await attachedIn(process);
  const again = await after(clock, runtime.get(id));
  const second = again.attach();
  await after(clock, again.touch());
  expect(again.info()).toMatchObject({ residency: 'resident', presences: 2 });
  expect(context.away.inContact).toBe(0);
  const renamed = await after(clock, again.rotateId());
  detach();
  expect(again.info().presences).toBe(1);
  const kept = again.attach({ resident: true });
  await clock.advance(2 * STORED_MS);
  expect(again.info()).toMatchObject({ residency: 'resident', presences: 2 });
  kept();
  await clock.advance(REST_MS + 600);
  expect(await presencesOf(process, renamed)).toEqual([1, 1]);
  second();
  expect(await presencesOf(process, renamed)).toEqual([0, 0]);
  const told = process.events.flatMap((event) => ('presences' in event ? [event.presences] : []));
  expect(told).toEqual([1, 2, 1, 2, 1, 0]);
});

test('a stream that proves life keeps its stored session from idle-timeout, one that does not does not', async () => {
  const process = durableRuntime();
  const { clock, runtime, events, context } = process;
  const proven = await attachedIn(process);
  const silent = await attachedIn(process);
  await proving(process, proven.id, 120_000);
  expect(toldOf(events, silent.id).at(-1)).toBe('ended:idle-timeout');
  expect(toldOf(events, proven.id).at(-1)).toBe('hibernated');
  expect(await isForgotten(context, proven.id)).toBe(true);
  await clock.advance(55_000);
  expect(toldOf(events, proven.id).at(-1)).toBe('hibernated');
  await clock.advance(3_000);
  expect(toldOf(events, proven.id).at(-1)).toBe('ended:idle-timeout');
  expect(runtime.stats()).toMatchObject({ woken: 0, resident: 0 });
  const before = events.length;
  proven.detach();
  silent.detach();
  expect(events).toHaveLength(before);
  expect(context.away.inContact).toBe(0);
});

test('what it proved is known after a crash, to about a tenth of idleTimeout', async () => {
  const first = durableRuntime();
  const { clock } = first;
  const { id } = await attachedIn(first);
  await proving(first, id, 100_000);
  crash(first);
  const second = processOver(first);
  await clock.advance(48_000);
  expect(toldOf(second.events, id)).toEqual([]);
  await clock.advance(14_000);
  expect(toldOf(second.events, id).at(-1)).toBe('ended:idle-timeout');
});

test('a drain records what was heard of it: when it last was, and what was told', async () => {
  const first = durableRuntime({ deadlines: { idleTimeoutMs: 600_000 } });
  const { clock, runtime, context } = first;
  const { id, detach } = await attachedIn(first);
  await proving(first, id, 4_000);
  detach();
  expect(await isForgotten(context, id)).toBe(true);
  const provenAt = clock.wall() - 3_950;
  await after(clock, runtime.drain(), 200);
  const [record] = first.disk.records();
  expect(record?.session).toMatchObject({
    putAway: true,
    provenAt,
    eventSeq: seqsOf(first, id).length,
  });
  expect(record?.owner).toBeNull();
});

test('what is recorded is let go, and a stream stays counted', async () => {
  const process = durableRuntime();
  const { context, clock, runtime } = process;
  const { id, detach } = await attachedIn(process);
  await proving(process, id, 8_000);
  await clock.advance(3_300);
  expect(context.away.unrecorded()).toEqual([]);
  expect(await isForgotten(context, id)).toBe(true);
  expect(await presencesOf(process, id)).toEqual([1, 1]);
  detach();
  await clock.advance(3_300);
  expect(context.away).toMatchObject({ held: 0, inContact: 0 });
  expect(runtime.stats().woken).toBe(0);
});

test('where the store fails, what was heard is kept, and recorded when it works', async () => {
  const process = faultyProcess();
  const { clock, context, disk, store } = process;
  const { id } = await attachedIn(process);
  await proving(process, id, 4_000);
  await clock.advance(3_300);
  const again = await after(clock, process.runtime.get(id));
  store.break('fail');
  again.beat();
  const provenAt = clock.wall();
  await clock.advance(7_000);
  expect(context.away.unrecorded()).toHaveLength(1);
  store.heal();
  await clock.advance(7_000);
  expect(context.away.unrecorded()).toEqual([]);
  expect(disk.records()).toMatchObject([{ owner: null, session: { provenAt } }]);
});

test('where only the commit of it fails, it is kept too', async () => {
  const { clock, disk } = newDisk();
  let fails = false;
  const failing = behind(disk, (store) => ({
    commit: (held, change) =>
      fails ? Promise.reject(new Error('on purpose')) : store.commit(held, change),
  }));
  const process = processOver({ clock, disk: failing });
  const { id } = await attachedIn(process);
  fails = true;
  await proving(process, id, 8_000);
  expect(process.context.away.unrecorded()).toHaveLength(1);
  fails = false;
  await clock.advance(3_300);
  expect(process.context.away.unrecorded()).toEqual([]);
  expect(disk.records()).toMatchObject([{ owner: null, state: 'idle' }]);
});

test('a watch that begins on a stored session is kept, though nothing of it is held', async () => {
  const process = durableRuntime({ deadlines: { idleTimeoutMs: 600_000 } });
  const { clock, context, events } = process;
  const { id } = await attachedIn(process, 'first');
  await proving(process, id, 4_000);
  expect(process.disk.records()).toMatchObject([{ due: { deadline: 'heartbeat' } }]);
  await clock.advance(10_000);
  expect(toldOf(events, id).at(-1)).toBe('hibernated');
  await clock.advance(2_000);
  expect(toldOf(events, id).at(-1)).toBe('ended:heartbeat-lost');
  expect(context.away.held).toBe(0);
});

test('of very many so many are recorded at once', async () => {
  const options: RuntimeOptions = { maxPerPrincipal: 300, deadlines: { idleTimeoutMs: 600_000 } };
  const process = durableRuntime(options);
  const { clock, context, runtime } = process;
  const asked = Array.from({ length: 200 }, () =>
    runtime.create({ principal: 'ada', beats: 'off' }),
  );
  await clock.advance(100);
  const sessions = await Promise.all(asked);
  for (const session of sessions) session.attach();
  await clock.advance(STORED_MS);
  for (const session of sessions) session.beat();
  let most = 0;
  for (let ms = 0; ms < 40_000; ms += 1) {
    await clock.advance(1);
    most = Math.max(most, context.hearing.underWay);
  }
  expect(most).toBe(64);
  expect(context.away.unrecorded()).toEqual([]);
  expect(context.away.inContact).toBe(200);
});
