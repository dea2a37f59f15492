import type { SessionRecord } from '../contract.ts';
import type { Envelope } from './envelope.ts';

/** What a record's `schema` is the version of. */
export type Shape = Pick<SessionRecord, 'session' | 'snapshot'>;

/** Takes what was written in one schema to the next one. Pure. What it does not know it leaves as it is. */
type RecordMigration = (shape: Shape) => Shape;

/** What was stored of a behaviour in schema 1: neither which machine it was of nor in which version. */
interface KeptInSchema1 extends Pick<Envelope, 'input' | 'incarnation' | 'status' | 'failures'> {
  readonly checkpoint:
    | (NonNullable<Envelope['checkpoint']> & { readonly delays: Envelope['timers'] })
    | null;
}

const envelopeOf = (
  { input, incarnation, status, failures, checkpoint }: KeptInSchema1,
  savedAt: number,
): Envelope => ({
  machineId: null,
  machineVersion: 1,
  incarnation,
  // Not noted then: nobody knows of anything later.
  savedAt,
  timers: checkpoint?.delays ?? [],
  input,
  status,
  failures,
  checkpoint:
    checkpoint === null ? null : { snapshot: checkpoint.snapshot, session: checkpoint.session },
});

/** By the schema they lead on from. None is ever taken away: a record may have slept through many versions. */
export const RECORD_MIGRATIONS: Readonly<Record<number, RecordMigration>> = {
  1: ({ session, snapshot }) => ({
    session,
    snapshot:
      snapshot === null ? null : envelopeOf(snapshot as KeptInSchema1, session.lastActivityAt), // By its schema.
  }),
  // No front-end kept anything then.
  2: ({ session, snapshot }) => ({ session: { ...session, frontEnds: {} }, snapshot }),
};
