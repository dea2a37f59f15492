import type { SessionRecord } from '../../store/contract.ts';
import type { Envelope } from '../../store/envelope/envelope.ts';
import { readRecord } from '../../store/envelope/read-record.ts';
import { failureToRestore } from '../../xstate/lone-behaviour.ts';
import type { RestoreFailure } from '../../xstate/restore-failure.ts';
import { restored } from '../behaviour/checkpoint.ts';
import { revivedCheckpoint } from '../behaviour/kept-behaviour.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { keptBehaviour, type Reading, read, type Unreadable } from './reading.ts';

/** A stored behaviour that could not be restored here. */
export interface Unrestorable {
  /** `savedAt` of what was tried: what is stored anew is tried anew. */
  readonly savedAt: number;
  readonly unreadable: Unreadable;
}

/**
 * As `read`, for a session that is to be woken, ended or recorded: tries besides whether its behaviour can be restored from
 * what is stored. It is not started for that. Where it cannot, the record is what was stored, and `read` says the same of it
 * from then on. Never throws.
 */
export const readToClaim = (
  context: RuntimeContext,
  host: SessionHost,
  stored: SessionRecord,
): Reading => {
  context.unrestorable.delete(stored.id);
  const reading = read(context, stored);
  const kept = keptBehaviour(reading.record);
  if (reading.unreadable !== null || kept === null) return reading;
  const failure = failureOf(context, host, kept, reading.record.session.behaviour);
  if (failure === null) return reading;
  const { record } = readRecord(stored);
  const unreadable: Unreadable = {
    what: 'behaviour',
    reason: reasonFor(record, kept.machineVersion),
    cause: failure.error,
  };
  context.unrestorable.set(stored.id, { savedAt: kept.savedAt, unreadable });
  return { record, unreadable };
};

const reasonFor = (record: SessionRecord, version: number): string => {
  const name = JSON.stringify(record.session.behaviour);
  return (
    `What version ${keptBehaviour(record)?.machineVersion} of the behaviour ${name} stored cannot be restored by version ` +
    `${version}, which this process has: deploy the logic that stored it, or mend its migration.`
  );
};

/** What its behaviour fails of before it is started; `null`: of nothing, or it is not to be restored. */
const failureOf = (
  context: RuntimeContext,
  host: SessionHost,
  kept: Envelope,
  name: string | null,
): RestoreFailure | null => {
  const { behaviours } = context.application;
  if (kept.status !== 'running' || name === null) return null;
  const behaviour = behaviours[name];
  const checkpoint = revivedCheckpoint(context.clock, kept.incarnation, kept);
  if (behaviour === undefined || checkpoint === null) return null;
  try {
    const start = restored(checkpoint, context.reference(host));
    return failureToRestore(behaviour.logic, context.clock, start);
  } catch (error) {
    return { error };
  }
};
