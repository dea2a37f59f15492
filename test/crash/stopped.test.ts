import { expect, test } from 'vitest';
import { temporaryFolder } from '../cli/holdfast-process.ts';
import { Remote } from './remote.ts';

/** Three missed beats end a session: after 2.1 s of silence. */
const DEADLINES = {
  heartbeatIntervalMs: 700,
  heartbeatMissed: 3,
  hibernateAfterMs: 'off',
} as const;
const WINDOW_MS = 2_100;

const elapsed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a process that was stopped for longer than the heartbeat window ends nobody who beats', {
  timeout: 60_000,
}, async () => {
  const server = await Remote.start(temporaryFolder(), { deadlines: DEADLINES });
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await server.create({ beats: 'required' }));
  const beat = (): void => {
    for (const id of ids) server.order({ do: 'beat', id });
  };
  let beating = setInterval(beat, 100);
  await elapsed(WINDOW_MS + 500);

  clearInterval(beating);
  server.signal('SIGSTOP');
  await elapsed(2 * WINDOW_MS);
  server.signal('SIGCONT');
  // The clients come back a little later than the server: it looks at its deadlines before it hears of them.
  expect((await server.hears('gap')).detail).toMatch(/stall|suspend/);
  await elapsed(300);
  beating = setInterval(beat, 100);
  await elapsed(WINDOW_MS + 500);
  clearInterval(beating);
  expect(server.told('ended')).toEqual([]);
  for (const id of ids) expect((await server.look(id)).reason).toBeNull();
  expect(await server.problems()).toEqual([]);

  // Clients that are gone are ended: it does hear the silence.
  for (const id of ids) expect((await server.hears('ended', id)).detail).toBe('heartbeat-lost');
});
