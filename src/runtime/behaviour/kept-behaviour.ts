import type { Clock } from '../../time/clock.ts';
import type { Checkpoint, Path } from './checkpoint.ts';

/** A delayed event of a behaviour that waits to be delivered. JSON. */
export interface KeptDelay {
  /** Ids of the actors from the behaviour down to the one that sent it; empty: the behaviour itself. */
  readonly from: readonly string[];
  /** The same, of the one it is for. */
  readonly to: readonly string[];
  readonly event: { readonly type: string; readonly [field: string]: unknown };
  /** Its id, by which it can be cancelled; `null` for none. */
  readonly id: string | null;
  /** Wall time at which it is delivered, ms since the epoch. */
  readonly at: number;
}

/**
 * What is stored of a behaviour, so that it can go on later, here or in another process. JSON all through: it is the
 * `snapshot` of the session's record.
 */
export interface KeptBehaviour {
  /** What `create` was given for it. */
  readonly input: unknown;
  readonly incarnation: number;
  /** `done` and `failed` ones are not started again. */
  readonly status: 'running' | 'done' | 'failed';
  /** Incarnations in a row that failed, and how many of them failed early: see `restart-plan.ts`. */
  readonly failures: { readonly inARow: number; readonly early: number };
  /** Where it goes on from; `null`: it begins anew, from its input. */
  readonly checkpoint: {
    /** As the logic's `getPersistedSnapshot` gave it. */
    readonly snapshot: unknown;
    /** Where in it the reference to the session itself was. */
    readonly session: readonly Path[];
    /** What it had sent with a delay, `after` included. */
    readonly delays: readonly KeptDelay[];
  } | null;
}

/** A checkpoint as it is stored: the times of its delays are those of the wall, which go on while nobody hosts it. */
export const keptCheckpoint = (
  clock: Clock,
  { snapshot, session, delays }: Checkpoint,
): NonNullable<KeptBehaviour['checkpoint']> => {
  const sinceEpoch = clock.wall() - clock.mono();
  const kept = delays.map(({ due, ...delay }) => ({ ...delay, at: sinceEpoch + due }));
  return { snapshot, session, delays: kept };
};

/** The checkpoint that was stored, with the times of this process. */
export const revivedCheckpoint = (
  clock: Clock,
  incarnation: number,
  { snapshot, session, delays }: NonNullable<KeptBehaviour['checkpoint']>,
): Checkpoint => {
  const sinceEpoch = clock.wall() - clock.mono();
  const revived = delays.map(({ at, ...delay }) => ({ ...delay, due: at - sinceEpoch }));
  return { incarnation, snapshot, session, delays: revived };
};
