import { createRuntime, type Runtime, type RuntimeOptions } from '../../../src/index.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';

/** Does something with a runtime over a folder, then drains it. */
export const withRuntime = async <T>(
  folder: string,
  use: (runtime: Runtime) => Promise<T>,
  options: RuntimeOptions = {},
): Promise<T> => {
  const store = await openSqliteStore({ folder, waitMs: 0 });
  const runtime = createRuntime({ store, ...options });
  try {
    return await use(runtime);
  } finally {
    await runtime.close();
  }
};

/** What is said in a session, and must be shown nowhere. */
export const SECRET = 'the-secret-of-ada';

/** A folder with a session of everything: one that goes on, with a conversation and an operation, and one that ended. */
export const fill = (folder: string): Promise<{ living: string; ended: string }> =>
  withRuntime(
    folder,
    async (runtime) => {
      const living = await runtime.getOrCreate({
        principal: 'ada',
        key: 'chat',
        client: { name: 'chat', version: '1.2' },
        metadata: { note: SECRET },
        data: { note: SECRET },
      });
      await living.append({ role: 'user', content: `${SECRET} \u2028 in two lines\u0085` });
      await living.append({ role: 'assistant', content: SECRET });
      await living.run('sync', { token: SECRET }, { durable: true });
      await living.append({ role: 'user', content: SECRET });
      await living.frontEnd('mcp').set({ level: 'debug' });
      const ended = await runtime.create({ principal: 'ada' });
      await ended.append({ role: 'user', content: SECRET });
      await ended.terminate();
      return { living: living.id, ended: ended.id };
    },
    { operations: { sync: async () => ({ result: SECRET }) } },
  );
