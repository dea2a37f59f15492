import type { Post } from './post.ts';
import type { EndedStreams } from './streams/ended-streams.ts';
import type { KeepAlive } from './streams/keep-alive.ts';
import type { OpenStreams } from './streams/open-streams.ts';
import type { Outbox } from './streams/outbox.ts';
import type { DelayLine } from './streams/tick.ts';

/** What a connection has of its leg. */
export interface ConnectionContext {
  /** The open GETs. */
  readonly open: OpenStreams;
  /** POSTs that are not answered yet, until they become streams. */
  readonly slow: DelayLine<Post>;
  readonly keepAlives: DelayLine<KeepAlive>;
  /** Where full streams wait for their client to read on. */
  readonly full: DelayLine<Outbox>;
  /** The streams of POSTs that have ended, of all sessions that have a connection. */
  readonly allEnded: EndedStreams;
  /** Hears what no client is told. */
  onError(error: unknown): void;
}
