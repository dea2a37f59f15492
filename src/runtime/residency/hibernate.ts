import { planted } from '../../planted.ts';
import { commit, flush } from '../commits/commits.ts';
import { collectNotes, dropCollectors } from '../front-end/collectors.ts';
import type { SessionHost } from '../host.ts';
import { leaveMemory } from '../lifecycle/in-memory.ts';
import { fileNext } from '../liveness/filing.ts';
import { tell } from '../plane/plane.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { refresh } from './stored-host.ts';

/**
 * Whether a session can be put away now. `forced`: its process is to end, so what its behaviour runs (a promise, a
 * callback) is cut short, and begun anew when it is woken; and neither a hook that hangs nor a stream keeps it.
 */
export const canRest = (host: SessionHost, forced = false): boolean => {
  if (!isQuiet(host)) return false;
  if (forced) return true;
  return (
    host.contact.residents === 0 &&
    host.hooks === null &&
    (host.behaviour?.busyWith ?? null) === null
  );
};

const isQuiet = (host: SessionHost): boolean =>
  !host.isAway &&
  host.made &&
  host.reason === null &&
  !host.released &&
  (host.state === 'idle' || host.state === 'paused') &&
  host.inFlight === 0 &&
  host.updating === 0 &&
  host.appends === null &&
  host.nextId === null &&
  host.limbo === null &&
  host.makingRoom === null;

/** Everything decided is recorded, everything recorded is told, and nothing was told that the record does not count. */
const isRecorded = ({ dirty, committing, untold, record, contact }: SessionHost): boolean =>
  !dirty &&
  !committing &&
  untold.size === 0 &&
  !untold.telling &&
  record?.session.eventSeq === contact.seq + 1;

/**
 * Puts a session away: once all of it is recorded, its actor and its behaviour go, and its slot is free. A sign of life,
 * or anything else that comes meanwhile, cancels that. Resolves with whether it is away; never rejects: where the record
 * fails it stays. `stopped`: its behaviour is stopped first, so that it cannot move on while that is recorded.
 */
export const hibernate = (
  context: RuntimeContext,
  host: SessionHost,
  how: 'quiet' | 'forced' | 'stopped' = 'quiet',
): Promise<boolean> =>
  context.lanes.run(host, async () => {
    const forced = how !== 'quiet';
    if (!canRest(host, forced) || context.closed) return false;
    host.residency = 'hibernating';
    if (how === 'stopped') stopBehaviour(host);
    collectNotes(context, host);
    try {
      await commit(context, host);
    } catch {
      // Told as `runtime.store-failing`, and tried again: by its retry, and at the next rest.
      host.residency = stay(host);
    }
    const stays = host.residency !== 'hibernating' || !canRest(host, forced) || !isRecorded(host);
    if (stays && !planted('activity-lost-in-hibernation')) {
      const cancelled = host.residency !== 'resident' || !host.dirty;
      host.residency = stay(host);
      // The record says that it is away, and when it would be ended then: not so.
      if (cancelled) recordStay(context, host);
      rest(context, host);
      return false;
    }
    await putAway(context, host);
    return true;
  });

/** Stops it where it stands: what is recorded next is what it came to. */
const stopBehaviour = ({ behaviour }: SessionHost): void => {
  behaviour?.putAway(behaviour.keep(behaviour.checkpoint()));
};

const recordStay = (context: RuntimeContext, host: SessionHost): void => {
  if (host.reason !== null || host.released) return;
  host.dirty = true;
  void flush(context, host);
};

/** A cancelled one is in memory as before; one that was let go meanwhile is not. */
const stay = (host: SessionHost): SessionHost['residency'] =>
  host.residency === 'hibernating' ? 'resident' : host.residency;

/** It rests from now on: it is put away when it has done so for `hibernateAfter`. */
export const rest = (context: RuntimeContext, host: SessionHost): void => {
  host.restingSince = context.clock.mono();
  if (host.reason === null && !host.released) fileNext(context, host);
};

/** Its record says all there is: it leaves memory in one go, and then gives its record up. */
const putAway = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  const { record } = host;
  if (record === null) return;
  host.residency = 'stored';
  host.behaviour?.putAway();
  dropCollectors(host);
  context.wheel.remove(host);
  context.idle.remove(host);
  context.registry.stop(host.actor.id);
  leaveMemory(context, host);
  // From here on they are the record's.
  host.quietSince = Number.NEGATIVE_INFINITY;
  host.missed = 0;
  const { contact } = host;
  const { seq } = contact;
  contact.lastSign = Number.NEGATIVE_INFINITY;
  contact.unrecorded = false;
  refresh(context, host, record);
  // The record counts what is told next.
  contact.seq = seq;
  context.away.put(host);
  context.counters.hibernated += 1;
  fileNext(context, host);
  tell(context, host, { type: 'session.hibernated' }, false);
  context.away.review(host);
  if (context.hosts.size === 0) context.onQuiet?.();
  // What fails here is mended by the next wake: a record held by this process may be claimed by it.
  await context.store.release(record).catch(() => undefined);
};
