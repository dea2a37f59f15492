import { expect, test } from 'vitest';
import { contained } from '../../src/errors/contained.ts';

const boom = new Error('boom');

const heardFrom = async (call: () => unknown): Promise<unknown[]> => {
  const heard: unknown[] = [];
  contained(call, (error) => heard.push(error));
  await new Promise((resolve) => setImmediate(resolve));
  return heard;
};

test('it calls at once, and has nothing to say of what goes well', async () => {
  const called: string[] = [];
  contained(
    () => called.push('now'),
    () => called.push('error'),
  );
  expect(called).toEqual(['now']);
  expect(await heardFrom(async () => 'fine')).toEqual([]);
  // biome-ignore lint/suspicious/noThenProperty: it only looks like a thenable.
  for (const value of [undefined, null, 0, { then: 'not a function' }]) {
    expect(await heardFrom(() => value)).toEqual([]);
  }
});

test.each([
  [
    'thrown',
    () => {
      throw boom;
    },
  ],
  ['an async function that rejects', async () => Promise.reject(boom)],
  [
    'one that rejects later',
    async () => {
      await Promise.resolve();
      throw boom;
    },
  ],
  [
    'the rejection of a thenable that is no promise',
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about.
    () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(boom) }),
  ],
])('what is %s is told once, and ends nothing', async (_name, call) => {
  expect(await heardFrom(call)).toEqual([boom]);
});
