import { defineConfig } from 'vitest/config';

/** The tests that have to notice a change: the folder is given by `run.mjs`. */
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // Tests that read the text of the code, which differs here anyway, and of a process of the built package, where the
    // change is not.
    exclude: ['**/source.test.ts', '**/drain-held.test.ts'],
    testTimeout: 20_000,
    // A change in what runs as a file is loaded must not outlive its turn.
    isolate: true,
  },
});
