import { InvalidOptionError } from '../../errors.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { BehaviourView } from './behaviour.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Supervisor } from './supervisor.ts';

/** A session's behaviour under supervision. */
export interface Supervised {
  /** The name it is registered under. */
  readonly name: string;
  readonly view: BehaviourView;
  /** Starts it: the session is ready. What it throws is a failed incarnation, and told as one. */
  start(): void;
  /** A commit begins: what it is to carry of the behaviour; `null` where there is nothing to restart from. */
  checkpoint(): Checkpoint | null;
  /** A commit has carried this checkpoint: what it emitted before is told, and a restart starts from here. */
  committed(checkpoint: Checkpoint | null): void;
  /** Throws where `send` would, without sending. */
  assertTakes(event: { readonly type: string }): void;
  /** Lets an event in. Throws `InvalidEventError`, `BehaviourDownError`. */
  send(event: { readonly type: string }): void;
  /** Stops it for good, and its pending restart: the session's end has begun, or will before it would be restarted. */
  stop(): void;
}

/** Puts the behaviour registered under that name under supervision, not started; `null`: the session has none. */
export const supervise = (
  context: RuntimeContext,
  host: SessionHost,
  name: string | null,
  input: unknown,
): Supervised | null => {
  if (name === null) return null;
  const behaviour = context.application.behaviours[name];
  if (behaviour === undefined) throw new InvalidOptionError('behaviour', name, 'a registered name');
  return new Supervisor(context, host, behaviour, input);
};
