import { InvalidOptionError } from '../../errors.ts';
import type { Envelope } from '../../store/envelope/envelope.ts';
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
  /**
   * What is to be stored with this checkpoint, for a later wake. JSON: the input was checked at `create`, the checkpoint
   * when it was made. While it is stored already, what is stored.
   */
  keep(checkpoint: Checkpoint | null): Envelope;
  /**
   * Why it cannot be put away: something of it runs that its snapshot does not hold (a promise, a callback …), a restart
   * is pending, or its snapshot cannot be kept; `null`: it can.
   */
  readonly busyWith: string | null;
  /** Whether somebody listens to its snapshots: they do so across hibernation. */
  readonly watched: boolean;
  /** Wall time at which the next of its delayed events is due, whole ms and never early; `null`: none waits. */
  nextDelayAt(): number | null;
  /**
   * Stops its actor and all that is under it, for `resume` to go on later: its status is `stored` then. Those who listen
   * to its view stay. `kept`: what is stored of it, where this process did not run it, or another one stored it anew;
   * left out, what was committed last.
   */
  putAway(kept?: Envelope): void;
  /**
   * Goes on from what was kept, where it was: no new incarnation, delays at the time they were due, or at once. A machine
   * that handles `session.restored` is sent `{ type: 'session.restored', from }`, unless it begins from its input. What
   * it throws is a failed incarnation. Without effect on one that is neither `stored` nor `starting`.
   */
  resume(kept: Envelope, from: 'hibernation' | 'crash'): void;
  /** Throws where `send` would, without sending. */
  assertTakes(event: { readonly type: string }): void;
  /** Lets an event in. Throws `InvalidEventError`, `BehaviourDownError`. */
  send(event: { readonly type: string }): void;
  /** Stops it for good, and its pending restart: the session's end has begun, or will before it would be restarted. */
  stop(): void;
}

/**
 * Puts the behaviour registered under that name under supervision, not started (`start`, or `resume` for one that was
 * stored); `null`: the session has none.
 */
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
