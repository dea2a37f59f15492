import type { Envelope } from '../../store/envelope/envelope.ts';
import type { Clock } from '../../time/clock.ts';
import type { Checkpoint } from './checkpoint.ts';

/** The part of an envelope that comes from a checkpoint. */
export type KeptCheckpoint = Pick<Envelope, 'checkpoint' | 'timers'>;

/** A checkpoint as it is stored: the times of its delays are those of the wall, which go on while nobody hosts it. */
export const keptCheckpoint = (clock: Clock, checkpoint: Checkpoint | null): KeptCheckpoint => {
  if (checkpoint === null) return { checkpoint: null, timers: [] };
  const { snapshot, session, delays } = checkpoint;
  const sinceEpoch = clock.wall() - clock.mono();
  const timers = delays.map(({ due, ...delay }) => ({ ...delay, at: sinceEpoch + due }));
  return { checkpoint: { snapshot, session }, timers };
};

/** The checkpoint that was stored, with the times of this process; `null`: there is none. */
export const revivedCheckpoint = (
  clock: Clock,
  incarnation: number,
  { checkpoint, timers }: KeptCheckpoint,
): Checkpoint | null => {
  if (checkpoint === null) return null;
  const { snapshot, session } = checkpoint;
  const sinceEpoch = clock.wall() - clock.mono();
  const delays = timers.map(({ at, ...timer }) => ({ ...timer, due: at - sinceEpoch }));
  return { incarnation, snapshot, session, delays };
};
