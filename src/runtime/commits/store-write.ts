import { Fenced, OutcomeUnknown } from '../../errors.ts';
import { planted } from '../../planted.ts';
import type { Change, SessionRecord } from '../../store/contract.ts';
import type { Append, SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { arrived, requeue } from './appends.ts';

/*
 * One write, and what became of it where the store's answer was lost: the attempt is in limbo until the store can be
 * asked, and nothing else is written before that.
 */

/** What is written: a change, and the entries that it appends. */
export interface Write {
  readonly change: Change;
  readonly appends: readonly Append[];
}

/** One attempt. Where its answer is lost, the store is asked what became of it. */
export const storeWrite = async (
  context: RuntimeContext,
  host: SessionHost,
  { change, appends }: Write,
): Promise<void> => {
  const held = host.record;
  if (held === null) throw new Fenced(host.id);
  try {
    arrived(host, appends, await context.store.commit(held, change));
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    host.limbo = appends;
    host.limboId = change.id ?? null;
    const found = await reload(context, held, host.limboId);
    host.limbo = null;
    host.limboId = null;
    if (found.token === held.token && !planted('fence-check-dropped')) throw error;
    arrived(host, appends, found);
  }
};

/** Finds out what became of an attempt whose answer was lost, before anything else is written. */
export const settleLimbo = async (
  context: RuntimeContext,
  host: SessionHost,
  limbo: readonly Append[],
  held: SessionRecord,
): Promise<void> => {
  const found = await reload(context, held, host.limboId);
  host.limbo = null;
  host.limboId = null;
  if (found.token === held.token) requeue(context, host, limbo);
  else arrived(host, limbo, found);
};

/** What the store has now. One commit is in flight per session, so under our owner and epoch it is ours. */
const reload = async (
  context: RuntimeContext,
  held: SessionRecord,
  movedTo: string | null,
): Promise<SessionRecord> => {
  const moved = movedTo === null ? null : await context.store.load(movedTo);
  if (moved !== null && moved.owner === held.owner && moved.epoch === held.epoch) return moved;
  const found = await context.store.load(held.id);
  if (found === null || found.owner !== held.owner || found.epoch !== held.epoch) {
    throw new Fenced(held.id);
  }
  return found;
};
