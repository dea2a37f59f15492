import type { ConnectionContext } from './connection-context.ts';
import type { Connections } from './connections.ts';
import type { Room } from './making-room.ts';
import type { LegOptions } from './options.ts';
import type { Queued } from './queued.ts';

/** What the parts of one leg share. */
export interface LegContext extends ConnectionContext, Pick<LegOptions, 'runtime' | 'server'> {
  readonly connections: Connections;
  /** Gives sessions their place: see `Room`. */
  readonly room: Room;
  /** Requests that wait for their place. */
  readonly queued: Queued;
  /** Whether every POST is answered as a stream. */
  readonly streams: boolean;
  readonly timeoutMs: number | 'off';
}
