import type { StoreOpenReason } from '../../errors.ts';
import type { Answer, Call, Failure } from './calls.ts';
import type { FolderHolder } from './thread/folder-owner.ts';

/** What the thread is started with. */
export interface FolderOptions {
  /** The folder, absolute; it is there. */
  readonly folder: string;
  /** How large the database may grow, bytes; `null`: as the disk allows. */
  readonly maxBytes: number | null;
}

/** What is said to the thread. Each is answered, in order. */
export type Ask =
  /** Take the folder and open the database. `since` is the wall time, for others to read who has it. */
  | { readonly ask: 'open'; readonly since: number }
  | { readonly ask: 'run'; readonly group: readonly Call[] }
  /** Give the folder up and end. */
  | { readonly ask: 'close' };

/** The answer to `open`. */
export type OpenReply =
  | { readonly open: 'opened' }
  /** Another one has the folder. `null`: it did not say who it is. */
  | { readonly open: 'held'; readonly holder: FolderHolder | null }
  | {
      readonly open: 'refused';
      readonly reason: StoreOpenReason;
      readonly message: string;
      readonly cause: Pick<Failure, 'code' | 'message'> | null;
    }
  /** Nothing brings SQLite to this Node. */
  | { readonly open: 'no-driver'; readonly message: string };

/** What the thread says. */
export type Reply = OpenReply | { readonly answers: readonly Answer[] } | { readonly closed: true };
