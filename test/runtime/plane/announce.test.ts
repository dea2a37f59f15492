import { afterEach, expect, test } from 'vitest';
import { createRuntime, type RuntimeOptions } from '../../../src/index.ts';

const warnings: Error[] = [];
const hear = (warning: Error) => {
  if (warning.name === 'HoldfastWarning') warnings.push(warning);
};

afterEach(() => {
  process.off('warning', hear);
  warnings.length = 0;
});

/** Two sessions whose `cleanup` throws, ended; what the process was warned of. */
const twoErrors = async (options: RuntimeOptions, listen: boolean): Promise<string[]> => {
  process.on('warning', hear);
  const runtime = createRuntime({
    ...options,
    cleanup: () => {
      throw new Error('provider 500');
    },
  });
  if (listen) runtime.subscribe(() => {});
  for (let n = 0; n < 2; n += 1) await (await runtime.create()).terminate();
  await runtime.close();
  // Node tells of warnings a turn later.
  await new Promise((resolve) => process.nextTick(resolve));
  return warnings.map(({ message }) => message);
};

test('an error nobody hears of is a warning of the process, once a runtime', async () => {
  const told = await twoErrors({}, false);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^cleanup of ses_.{32}: Error: provider 500\. .*onError/);
});

test.each([
  ['a listener', {}, true],
  ['the onError hook', { hooks: { onError: () => {} } }, false],
])('with %s there is no warning', async (_, options, listen) => {
  expect(await twoErrors(options, listen)).toEqual([]);
});
