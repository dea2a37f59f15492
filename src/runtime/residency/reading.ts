import type { SessionRecord } from '../../store/contract.ts';
import { type Envelope, isEnvelope } from '../../store/envelope/envelope.ts';
import { readRecord } from '../../store/envelope/read-record.ts';
import { migrated } from '../behaviour/migration.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** Why this process cannot take a stored session into memory. */
export interface Unreadable {
  /** `record`: nothing of it can be read, so nothing of it is touched. `behaviour`: only what its behaviour goes on from. */
  readonly what: 'record' | 'behaviour';
  /** One sentence: what was stored, what this process has, and what to do. */
  readonly reason: string;
  /** What a migration threw. */
  readonly cause?: unknown;
}

/** A stored record, as this process sees it. */
export interface Reading {
  /**
   * In the present shape. Its snapshot is of the present version of its behaviour, or, where that cannot be read, what it
   * was, to be stored again as it is.
   */
  readonly record: SessionRecord;
  /** `null`: it can be woken here. */
  readonly unreadable: Unreadable | null;
}

/**
 * Takes a stored record to the present shape, and its behaviour to the present version, in memory. Whether that can be
 * restored is tried where it is needed: see `restorable.ts`. Never throws.
 */
export const read = (context: RuntimeContext, stored: SessionRecord): Reading => {
  const { record, unreadable } = readRecord(stored);
  if (unreadable !== null) return { record, unreadable: { what: 'record', reason: unreadable } };
  const { behaviour } = record.session;
  // What has ended goes on from nothing.
  if (behaviour === null || record.state === 'terminated') return { record, unreadable: null };
  return readBehaviour(context, record, behaviour);
};

const readBehaviour = (context: RuntimeContext, record: SessionRecord, name: string): Reading => {
  const refused = (reason: string, cause?: unknown): Reading => ({
    record,
    unreadable: { what: 'behaviour', reason, cause },
  });
  const { behaviours } = context.application;
  const behaviour = Object.hasOwn(behaviours, name) ? behaviours[name] : undefined;
  const named = `The behaviour ${JSON.stringify(name)}`;
  if (behaviour === undefined) {
    const known = Object.keys(behaviours).map((one) => JSON.stringify(one));
    const here = known.length === 0 ? 'none is' : `these are: ${known.join(', ')}`;
    return refused(`${named} is not registered in this process (${here}): register it.`);
  }
  const { snapshot } = record;
  if (snapshot === null) return { record, unreadable: null };
  if (!isEnvelope(snapshot)) {
    return refused(
      `What is stored of ${named.replace('The', 'the')} is not what is written of one: restore it from a copy.`,
    );
  }
  const result = migrated(behaviour, snapshot);
  if ('refused' in result) return refused(result.refused, result.cause);
  const { kept } = result;
  const tried = context.unrestorable.get(record.id);
  if (tried?.savedAt === kept.savedAt) return { record, unreadable: tried.unreadable };
  return { record: kept === snapshot ? record : { ...record, snapshot: kept }, unreadable: null };
};

/** What its behaviour goes on from, by its record as `read` made it; `null`: nothing is stored of it that is known here. */
export const keptBehaviour = ({ snapshot }: SessionRecord): Envelope | null =>
  isEnvelope(snapshot) ? snapshot : null;
