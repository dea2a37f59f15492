import { afterEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/contract.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { storeContract } from '../../src/testing/store-contract.ts';
import { BROKEN_CHANGES } from './broken-changes.ts';
import { BROKEN_COUNTS } from './broken-counts.ts';
import { BROKEN } from './broken-stores.ts';
import type { Spoil } from './spoil.ts';

/** The memory store with some of its methods done wrong. */
const wrong = (spoil: Spoil): Store => {
  const right = createMemoryStore();
  const spoilt = spoil(right);
  return new Proxy(right, {
    get(target, name) {
      const value: unknown = Reflect.get(name in spoilt ? spoilt : target, name);
      return typeof value === 'function' ? value.bind(name in spoilt ? spoilt : target) : value;
    },
  });
};

const failures = async (spoil: Spoil): Promise<readonly string[]> => {
  const failed: string[] = [];
  for (const { name, run } of storeContract(async () => ({ store: wrong(spoil) }))) {
    await run().catch(() => failed.push(name));
  }
  return failed;
};

describe('a store that breaks one rule fails the case about that rule', () => {
  test.each([...BROKEN, ...BROKEN_CHANGES, ...BROKEN_COUNTS])(
    '$rule',
    async ({ spoil, noticed }) => {
      expect(await failures(spoil)).toContainEqual(expect.stringMatching(noticed));
    },
  );
});

test('a store that breaks none passes all', async () => {
  expect(await failures(() => ({}))).toEqual([]);
});

test('every case has a name of its own', () => {
  const names = storeContract(async () => ({ store: createMemoryStore() })).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('each case has a store of its own and clears away', () => {
  const log: string[] = [];
  afterEach(() => {
    log.length = 0;
  });
  const open = (spoil: Spoil) => async () => {
    log.push('open');
    const store = wrong((right) => ({
      close: async () => {
        log.push('close');
        await right.close();
      },
      ...spoil(right),
    }));
    return { store, cleanup: async () => void log.push('cleanup') };
  };

  test('when it passes', async () => {
    const [first] = storeContract(open(() => ({})));
    expect(log).toEqual([]);
    await first?.run();
    expect(log).toEqual(['open', 'close', 'cleanup']);
  });

  test('when it fails', async () => {
    const [first] = storeContract(open(() => ({ load: async () => null })));
    await expect(first?.run()).rejects.toThrow();
    expect(log).toEqual(['open', 'close', 'cleanup']);
  });
});
