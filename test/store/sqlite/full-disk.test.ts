import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreError, StoreOpenError } from '../../../src/errors.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import type { SessionRecord, Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { newRecord } from '../../../src/testing/store-contract/case.ts';
import { temporaryFolder } from './temporary-folder.ts';

// Space runs out, and comes back: on a disk of a few MiB, where the test may mount one, and at the quota everywhere.

/** Where space runs out. */
interface Place {
  readonly name: string;
  /** Makes the place at an empty folder; `false`: this user may not. */
  make(folder: string): boolean;
  open(folder: string): Promise<Store>;
  /** Takes all the space there is. */
  fill(folder: string, store: Store): Promise<void>;
  /** Gives it back. */
  free(folder: string, store: Store): Promise<void>;
  clear(folder: string): void;
}

const mebibyte = 1024 * 1024;
const filler = (bytes: number): string => 'x'.repeat(bytes);

const DISK: Place = {
  name: 'a disk of 4 MiB (skipped where this user may not mount one)',
  make: (folder) =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'holdfast-test', folder]).status === 0,
  open: (folder) => openSqliteStore({ folder }),
  fill: async (folder) => {
    const { bavail, bsize } = statfsSync(folder);
    // The last pages are left to the log, so that it is the store that runs into the end.
    writeFileSync(join(folder, 'filler'), filler(Math.max(0, bavail - 8) * bsize));
  },
  free: async (folder) => rmSync(join(folder, 'filler')),
  clear: (folder) => void spawnSync('umount', [folder]),
};

const fillers: SessionRecord[] = [];

const QUOTA: Place = {
  name: 'a quota of 1 MiB',
  make: () => true,
  open: (folder) => openSqliteStore({ folder, maxBytes: mebibyte }),
  fill: async (_folder, store) => {
    for (const bytes of [64 * 1024, 1_024]) {
      for (let n = 0; ; n++) {
        const given = newRecord(`filler-${bytes}-${n}`, { snapshot: filler(bytes) });
        const made = await store.create(given).catch((error: unknown) => error);
        if (made instanceof Error) break;
        fillers.push(made as SessionRecord);
      }
    }
  },
  free: async (_folder, store) => {
    for (const made of fillers.splice(0)) await store.remove(made);
  },
  clear: () => {},
};

describe.each([DISK, QUOTA])('$name', (place) => {
  let folder: string;
  let remove: () => void;
  const stores: Store[] = [];

  beforeEach(({ skip }) => {
    ({ folder, remove } = temporaryFolder());
    if (!place.make(folder)) skip('mount is not allowed');
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    place.clear(folder);
    remove();
    fillers.length = 0;
  });

  const open = async (): Promise<Store> => {
    const store = await place.open(folder);
    stores.push(store);
    return store;
  };

  test('a full store refuses what needs space, says so, reads on, and takes it when there is space', async () => {
    const store = await open();
    let held = await store.create(newRecord('a', { key: 'k' }));
    await place.fill(folder, store);
    let acknowledged = 0;
    const append = async () => {
      held = await store.commit(held, { append: [{ n: acknowledged + 1, text: filler(2_000) }] });
      acknowledged += 1;
    };
    let error: unknown;
    for (let n = 0; n < 1_000 && error === undefined; n++) {
      error = await append().catch((one: unknown) => one);
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ retryable: true, cause: { code: 13 } });
    expect((error as StoreError).message).toBe('The store failed: the disk is full.');

    expect(await store.load('a')).toEqual(held);
    expect(await store.find('alice', 'k')).toEqual(held);
    expect((await store.readJournal('a', { after: 0, limit: 1_000 })).length).toBe(acknowledged);
    // All that go together get an answer of their own: a read does not fail for a write beside it.
    const [read, write] = await Promise.allSettled([store.count({}), append()]);
    expect([read?.status, write?.status]).toEqual(['fulfilled', 'rejected']);

    await place.free(folder, store);
    await append();
    await append();
    const before = await store.load('a');
    await store.close();
    const again = await open();
    expect(await again.load('a')).toEqual({ ...before, owner: null });
    const entries = await again.readJournal('a', { after: 0, limit: 1_000 });
    expect(entries.map(({ data }) => (data as { n: number }).n)).toEqual(
      Array.from({ length: acknowledged }, (_, n) => n + 1),
    );
  });

  test('a runtime over it says so in its health, with the reason, and comes back with all it acknowledged', async () => {
    const store = await open();
    const runtime = createRuntime({ store });
    const session = await runtime.create({ principal: 'ada' });
    await session.append({ role: 'user', content: 'before' });
    await place.fill(folder, store);
    const acknowledged = ['before'];
    let error: unknown;
    for (let n = 0; n < 1_000 && error === undefined; n++) {
      const content = `${n} ${filler(2_000)}`;
      error = await session.append({ role: 'user', content }).then(
        () => void acknowledged.push(content),
        (one: unknown) => one,
      );
    }
    expect(error).toMatchObject({ code: 'ERR_HOLDFAST_STORE', retryable: true });
    expect(runtime.health()).toMatchObject({ status: 'failing', store: 'failing' });
    expect(runtime.health().problems[0]).toBe(
      'The store does not take changes; they are tried again. It says: "The store failed: the disk is full."',
    );
    expect((await runtime.get(session.id)).id).toBe(session.id);
    expect((await session.messages()).messages.length).toBe(acknowledged.length);

    await place.free(folder, store);
    await expect.poll(() => runtime.health().problems, { timeout: 10_000 }).toEqual([]);
    expect(runtime.health()).toMatchObject({ status: 'healthy', store: 'ok' });
    await session.append({ role: 'user', content: 'after' });
    acknowledged.push('after');
    await runtime.close();

    const later = createRuntime({ store: await open() });
    const { messages } = await (await later.get(session.id)).messages();
    const contents = messages.map(({ content }) => content);
    expect(contents.filter((content) => acknowledged.includes(String(content)))).toEqual(
      acknowledged,
    );
    await later.close();
  });

  test('a create that finds no space is told, and leaves nothing', async () => {
    const store = await open();
    const runtime = createRuntime({ store });
    await place.fill(folder, store);
    let error: unknown;
    const metadata = { text: filler(10_000) };
    for (let n = 0; n < 200 && error === undefined; n++) {
      error = await runtime.create({ metadata }).then(
        () => undefined,
        (one: unknown) => one,
      );
    }
    expect(error).toMatchObject({ code: 'ERR_HOLDFAST_STORE', retryable: true });
    expect(runtime.health().problems[0]).toContain('the disk is full');
    const { resident } = runtime.stats();
    await place.free(folder, store);
    await runtime.create({ metadata });
    expect(runtime.health().store).toBe('ok');
    expect(runtime.stats().resident).toBe(resident + 1);
    await runtime.close();
  });
});

test('a disk that is full from the start is told when it is opened (skipped where this user may not mount one)', async ({
  skip,
}) => {
  const { folder, remove } = temporaryFolder();
  if (!DISK.make(folder)) skip('mount is not allowed');
  try {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, 'filler'), filler((bavail - 1) * bsize));
    const error: unknown = await openSqliteStore({ folder }).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(StoreOpenError);
    expect(error).toMatchObject({ reason: 'failed' });
    expect((error as Error).message).toContain('full');
    rmSync(join(folder, 'filler'));
    const store = await openSqliteStore({ folder });
    await store.create(newRecord('a'));
    await store.close();
    expect(readdirSync(folder).sort()).toEqual(['owner.db', 'sessions.db']);
  } finally {
    DISK.clear(folder);
    remove();
  }
});
