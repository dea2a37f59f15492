import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // A thread of ours is started from a file, past Vite: it needs the compiled one. `npm test` builds first.
      name: 'compiled-threads',
      // While it is still as it was written.
      enforce: 'pre',
      transform: (code, id) =>
        id.endsWith('/src/store/sqlite/worker-thread.ts')
          ? code.replace(
              "'./thread/worker.js'",
              "'../../../dist/src/store/sqlite/thread/worker.js'",
            )
          : null,
    },
  ],
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Two cores: the suites that start processes share them with the property suites.
    maxWorkers: 2,
    // Suites of one worker share a process, because a fresh one costs about 0.15 s a suite (60 small suites:
    // 9.5 s isolated, 1.5 s not). So a suite puts back what it changes of the process, and mocks no module.
    // Processes rather than threads: signals, native SQLite and workers of our own behave as in production.
    pool: 'forks',
    isolate: false,
  },
});
