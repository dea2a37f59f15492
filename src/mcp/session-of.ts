import { SessionNotFoundError } from '../errors.ts';
import type { Session } from '../runtime/session.ts';

/** A session that has a server in this process, and how many endpoints gave it one. */
interface Served {
  readonly session: Session;
  servers: number;
}

/** By the id its client knows. One that is put away, or has ended, is not among them. */
const served = new Map<string, Served>();

/** For the front-ends: a server is connected for this session, under that id. */
export const nowServed = (id: string, session: Session): void => {
  const known = served.get(id);
  if (known === undefined) served.set(id, { session, servers: 1 });
  else known.servers += 1;
};

/** For the front-ends: that server is closed. Once for each `nowServed`. */
export const noLongerServed = (id: string): void => {
  const known = served.get(id);
  if (known === undefined) return;
  known.servers -= 1;
  if (known.servers === 0) served.delete(id);
};

const notThere = (why: string): SessionNotFoundError =>
  Object.assign(new SessionNotFoundError(), { message: why });

/**
 * The session a tool is called in: `sessionOf(ctx)` in a handler, with its context (SDK 2.x) or `extra` (1.x).
 * `Data` is what the runtime's sessions keep: nothing here checks that, say what the runtime was made with.
 *
 * Throws `SessionNotFoundError` with words that say why: the request has no session (its client speaks 2026-07-28, which
 * has none: keep what is to be kept behind a handle), the session has ended meanwhile, or the server is connected to a
 * transport that is not of this package.
 */
export const sessionOf = <Data = unknown>(ctx: {
  readonly sessionId?: string | undefined;
}): Session<Data> => {
  const { sessionId } = ctx;
  if (sessionId === undefined) {
    throw notThere(
      'This request has no session: its client speaks a revision of the protocol without sessions. ' +
        'What is to be kept between two calls goes behind a handle (createHandles).',
    );
  }
  const known = served.get(sessionId);
  // What its data is, is agreed on by the runtime's schema and whoever asks.
  if (known !== undefined) return known.session as Session<Data>;
  throw notThere(
    'No endpoint of this process serves this session: it has ended or was put away since the call began, ' +
      'or the server is connected to a transport that is none of Holdfast’s.',
  );
};
