import type { BehaviourView } from './behaviour.ts';
import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** A session's behaviour under supervision. */
export interface Supervised {
  /** The name it is registered under. */
  readonly name: string;
  readonly view: BehaviourView;
  /** Its persisted snapshot now, for a commit to carry; `null` where there is nothing to restart from. */
  checkpoint(): unknown;
  /** A commit has carried this checkpoint: what it emitted before is told, and a restart starts from here. */
  committed(checkpoint: unknown): void;
  /** Lets an event in. Throws `InvalidEventError`, `BehaviourDownError`. */
  send(event: { readonly type: string }): void;
  /** Stops it for good, and its pending restart: the session's end has begun. */
  stop(): void;
}

/** Starts the behaviour of that registered name; `null`: the session has none. */
export const startBehaviour = (
  _context: RuntimeContext,
  _host: SessionHost,
  _name: string | null,
  _input: unknown,
): void => {};
