import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts';
import { createTestRuntime, type TestRuntimeOptions } from '../../src/testing/test-runtime.ts';
import { createVirtualClock } from '../../src/time/virtual-clock.ts';

const onDisk = (options: TestRuntimeOptions = {}, syncMs = 0) => {
  const clock = createVirtualClock({ traced: true });
  const disk = createSimulatedDisk({ clock, syncMs });
  return { disk, life: createTestRuntime({ ...options, clock, disk }) };
};

const typesOf = (life: { events: readonly { type: string }[] }) =>
  life.events.map(({ type }) => type);

test('after a restart the sessions go on in another runtime over the same disk', async () => {
  const { life } = onDisk();
  const first = life.runtime;
  const { id } = await first.create({ principal: 'ada' });
  const next = await life.restart();
  expect(next).toBe(life.runtime);
  expect(next).not.toBe(first);
  const session = await next.get(id);
  await session.touch();
  expect(session.state).toBe('active');
  expect(typesOf(life).filter((type) => /hibernated|woken/.test(type))).toEqual([
    'session.hibernated',
    'session.woken',
  ]);
  await life.close();
  life.expectNoLeaks();
});

test('a crash loses what was not synced, and answers nobody', async () => {
  const { life, disk } = onDisk({}, 5);
  const creating = life.runtime.create();
  await life.advance(100);
  const session = await creating;
  let answered = false;
  const append = session.append({ role: 'user', content: 'lost' });
  append.finally(() => {
    answered = true;
  });
  await life.settle();
  expect(disk.unsynced).toBeGreaterThan(0);
  const next = life.crash();
  await life.advance(60_000);
  expect(answered).toBe(false);
  const reading = next.get(session.id).then((found) => found.messages());
  await life.advance(100);
  expect((await reading).messages).toEqual([]);
});

test('after a crash only what the dead runtime has in memory answers those who kept it', async () => {
  const { life } = onDisk();
  const dead = life.runtime;
  const session = await dead.create({ principal: 'ada' });
  life.crash();
  const answered: string[] = [];
  const asked: Readonly<Record<string, Promise<unknown>>> = {
    touch: session.touch(),
    run: session.run('work', () => undefined),
    get: dead.get(session.id),
    append: session.append({ role: 'user', content: 'lost' }),
    messages: session.messages(),
    pause: session.pause(),
    create: dead.create(),
    terminate: dead.terminate(session.id),
  };
  for (const [call, answer] of Object.entries(asked)) {
    answer.catch(() => undefined).finally(() => answered.push(call));
  }
  await life.advance(60 * 60_000);
  expect(answered.sort()).toEqual(['get', 'run', 'touch']);
  dead.close().finally(() => answered.push('close'));
  await life.advance(60 * 60_000);
  expect(answered).not.toContain('close');
});

test('of what was not synced a crash may keep the first writes', async () => {
  const { life, disk } = onDisk({}, 5);
  const creating = life.runtime.create();
  await life.advance(100);
  const session = await creating;
  void session.append({ role: 'user', content: 'kept' });
  await life.settle();
  const next = life.crash({ keep: disk.unsynced });
  const reading = next.get(session.id).then((found) => found.messages());
  await life.advance(100);
  expect((await reading).messages).toMatchObject([{ content: 'kept' }]);
});

test('nothing of a process that crashed is told or scheduled any more', async () => {
  const { life } = onDisk();
  const dead = await life.runtime.create({ principal: 'ada' });
  dead.run('work', () => new Promise(() => undefined)).catch(() => undefined);
  await life.settle();
  life.crash();
  const told = life.events.length;
  dead.run('more', () => undefined).catch(() => undefined);
  dead.touch().catch(() => undefined);
  await life.settle();
  expect(life.events.slice(told).filter(({ type }) => type.startsWith('session.'))).toEqual([]);
  life.expectNoLeaks();
  await life.close();
  life.expectNoLeaks();
  expect(life.clock.pending).toBe(0);
});

test('ids of the next process are others', async () => {
  const { life } = onDisk();
  const ids = [];
  for (let process = 0; process < 3; process += 1) {
    ids.push((await life.runtime.create()).id);
    await life.restart();
  }
  expect(new Set(ids).size).toBe(3);
});

test('two runs over crashes with one seed tell the same', async () => {
  const run = async () => {
    const { life } = onDisk({ seed: 5 });
    const { id } = await life.runtime.create({ principal: 'ada' });
    await life.advance(45_000);
    life.crash();
    const session = await life.runtime.get(id);
    await session.append({ role: 'user', content: 'here again' });
    await life.advance(10 * 60_000);
    await life.restart();
    await life.runtime.terminate(id);
    await life.close();
    life.expectNoLeaks();
    return life.events;
  };
  const one = await run();
  expect(one.length).toBeGreaterThan(8);
  expect(await run()).toEqual(one);
});

test('lanes: a step that waits for the disk is named, until it is over', async () => {
  const clock = createVirtualClock({ traced: true });
  let syncMs = 0;
  const disk = createSimulatedDisk({ clock, syncMs: () => syncMs });
  const life = createTestRuntime({ clock, disk });
  const { id } = await life.runtime.create();
  await life.advance(2 * 60_000);
  syncMs = 60 * 60_000;
  await life.advance(60_000);
  expect(() => life.expectNoLeaks()).toThrow(`lanes: ${id}\nstore: `);
  syncMs = 0;
  await life.advance(2 * 60 * 60_000);
  life.expectNoLeaks();
});

test('without a disk there is nothing to restart from', async () => {
  const life = createTestRuntime();
  await expect(life.restart()).rejects.toThrow(InvalidOptionError);
  expect(() => life.crash()).toThrow(InvalidOptionError);
  await expect(life.runtime.create()).resolves.toBeDefined();
});

test('a store and a disk at once are refused', () => {
  expect(() => onDisk({ store: createMemoryStore() })).toThrow(InvalidOptionError);
});

test('a disk on another clock is refused: its syncs would never be over', () => {
  const disk = createSimulatedDisk({ clock: createVirtualClock(), syncMs: 5 });
  const refusal = expect.objectContaining({
    code: 'ERR_HOLDFAST_INVALID_OPTION',
    option: 'clock',
    message: expect.stringContaining('must be the one the disk was made with'),
  });
  expect(() => createTestRuntime({ disk })).toThrow(refusal);
  expect(() => createTestRuntime({ disk, clock: createVirtualClock() })).toThrow(refusal);
  expect(disk.inUse).toBe(false);
});

test.each([{}, null, 'disk', { open: () => createMemoryStore() }])(
  'what is no disk is refused: %j',
  (disk) => {
    const refusal = expect.objectContaining({
      code: 'ERR_HOLDFAST_INVALID_OPTION',
      option: 'disk',
    });
    // @ts-expect-error: what a program without types may give.
    expect(() => createTestRuntime({ disk })).toThrow(refusal);
  },
);
