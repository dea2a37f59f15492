import type { Connections } from './connections.ts';
import type { LegOptions } from './options.ts';
import type { Post } from './post.ts';
import type { KeepAlive } from './streams/keep-alive.ts';
import type { OpenStreams } from './streams/open-streams.ts';
import type { DelayLine } from './streams/tick.ts';

/** What the parts of one leg share. */
export interface LegContext extends Pick<LegOptions, 'runtime' | 'server'> {
  readonly connections: Connections;
  /** The open GETs. */
  readonly open: OpenStreams;
  /** POSTs that are not answered yet, until they become streams. */
  readonly slow: DelayLine<Post>;
  readonly keepAlives: DelayLine<KeepAlive>;
  /** Whether every POST is answered as a stream. */
  readonly streams: boolean;
  readonly timeoutMs: number | 'off';
  onError(error: unknown): void;
}
