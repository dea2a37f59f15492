import type { BoundRuntime } from '../../runtime/runtime.ts';
import type { Client, Session } from '../../runtime/session.ts';
import type { Clock } from '../../time/clock.ts';

/** The one session of a process, and whether it had a server before, in a process before this one. */
export interface ProcessSession {
  readonly session: Session;
  readonly restored: boolean;
}

/** What a keyed session says of itself once it has had a server. */
const NOTES = 'mcp-stdio';

/** Makes the session of a process, or takes up the one of that key. Rejects like `create` and `getOrCreate`. */
export const openSession = async (
  runtime: BoundRuntime,
  key: string | null,
  client: Client | null,
): Promise<ProcessSession> => {
  // Its silence is watched by the idle timeout: nobody at the other end of a pipe has promised to beat.
  const options = { ...(client === null ? {} : { client }), beats: 'off' } as const;
  if (key === null) return { session: await runtime.create(options), restored: false };
  const session = await runtime.getOrCreate({ ...options, key });
  const notes = session.frontEnd(NOTES);
  const restored = notes.value !== null;
  // A stored one is woken here, once: what the client says next meets it in memory, in the order it was said.
  await (restored ? session.touch() : notes.set({ served: true }));
  return { session, restored };
};

/** How often the session is told that its client lives: three times as often as it has to be. */
const PROOFS_A_TIMEOUT = 3;
const LEAST_MS = 1_000;

/**
 * The pipe is there: presence. It proves life by itself, as long as nobody has closed it: the system does that when the
 * other process is gone, and there is no network in between that could hide it. Returns what ends it.
 */
export const prove = (session: Session, idleTimeoutMs: number, clock: Clock): (() => void) => {
  const detach = session.attach();
  const everyMs = Math.max(LEAST_MS, idleTimeoutMs / PROOFS_A_TIMEOUT);
  const again = () =>
    clock.scheduler.schedule(() => {
      if (session.signal.aborted) return;
      session.beat();
      next = again();
    }, everyMs);
  let next = Number.isFinite(everyMs) ? again() : null;
  return () => {
    next?.unsubscribe();
    detach();
  };
};
