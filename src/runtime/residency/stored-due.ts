import type { SessionState } from '../../../machines/index.ts';
import type { StoredDeadline, StoredSession } from '../../store/contract.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { keptBehaviour } from './reading.ts';

/**
 * The deadline that is stored with a session: what must be honoured even if nobody hosts it. Wall time. Without a durable
 * store only a tombstone has one, since nothing else outlives the process that watches it.
 */
export const storedDue = (
  context: RuntimeContext,
  host: SessionHost,
  state: SessionState = host.state,
): StoredDeadline | null => {
  if (!context.store.durable) return null;
  switch (state) {
    case 'initializing':
      return { at: host.createdAt, deadline: 'unfinished' };
    case 'terminating':
    case 'terminated':
      return { at: host.endedAt ?? host.createdAt, deadline: 'unfinished' };
    case 'paused':
      return earliest([...onWall(context, host), ...ofBehaviour(host)]);
    default:
      return earliest([...onWall(context, host), ...silence(context, host), ...ofBehaviour(host)]);
  }
};

/** Wall time of something on the monotonic axis, as the two stand now. To the ms, and never early. */
export const wallOf = ({ clock }: RuntimeContext, mono: number): number =>
  Math.ceil(clock.wall() + (mono - clock.mono()));

const earliest = (dues: readonly StoredDeadline[]): StoredDeadline | null => {
  let first: StoredDeadline | null = null;
  for (const due of dues) {
    if (Number.isFinite(due.at) && (first === null || due.at < first.at)) first = due;
  }
  return first;
};

const onWall = ({ deadlines }: RuntimeContext, host: SessionHost): StoredDeadline[] => {
  const dues: StoredDeadline[] = [];
  if (host.expiresAt !== null) dues.push({ at: host.expiresAt, deadline: 'maxLifetime' });
  if (host.state === 'paused') {
    dues.push({ at: host.pausedAt + deadlines.pausedTimeoutMs, deadline: 'pausedTimeout' });
  }
  return dues;
};

/**
 * The heartbeat is stored only with a session that is put away: with one in memory it would be out of date a moment later,
 * and after a crash a session is not to be ended for what its process did not live to hear.
 */
const silence = (context: RuntimeContext, host: SessionHost): StoredDeadline[] => {
  const { idleTimeoutMs, heartbeatIntervalMs, heartbeatMissed } = context.deadlines;
  const quiet = Math.max(host.quietSince, host.provenAt) + idleTimeoutMs;
  const dues: StoredDeadline[] = [{ at: wallOf(context, quiet), deadline: 'idleTimeout' }];
  if (host.watched && host.residency !== 'resident') {
    const silent = Math.max(host.lastSign, host.quietSince) + heartbeatIntervalMs * heartbeatMissed;
    dues.push({ at: wallOf(context, silent), deadline: 'heartbeat' });
  }
  return dues;
};

/** What its behaviour has sent with a delay comes in its time, whoever hosts the session then. */
const ofBehaviour = ({ behaviour, unreadable, record }: SessionHost): StoredDeadline[] => {
  // One that this process cannot read waits for another one, which is to find it in time.
  const kept = unreadable !== null && record !== null ? keptBehaviour(record) : null;
  const at = behaviour?.nextDelayAt() ?? kept?.timers[0]?.at ?? null;
  return at === null ? [] : [{ at, deadline: 'delay' }];
};

/**
 * Whether after a crash now the session would be ended too early, by more than a twentieth of the time it may be silent: by
 * its stored deadline, or by the last activity that is recorded. It is looked at as often, so that neither is ever wrong by
 * more than a tenth.
 */
export const isOutdated = (context: RuntimeContext, host: SessionHost): boolean => {
  const { record } = host;
  if (!context.store.durable || record === null) return false;
  const mostMs = checkpointMs(context);
  const { due, session } = record;
  const known = Math.max(session.lastActivityAt, session.provenAt ?? Number.NEGATIVE_INFINITY);
  if (wallOf(context, Math.max(host.quietSince, host.provenAt)) - known > mostMs) return true;
  if (due?.deadline !== 'idleTimeout') return false;
  const right = Math.max(host.quietSince, host.provenAt) + context.deadlines.idleTimeoutMs;
  return wallOf(context, right) - due.at > mostMs;
};

/** How often a live session is looked at for that, ms. */
export const checkpointMs = ({ store, deadlines }: RuntimeContext): number =>
  store.durable ? deadlines.idleTimeoutMs / CHECKPOINTS : Number.POSITIVE_INFINITY;

const CHECKPOINTS = 20;

/**
 * Whether the beats of a stored session are watched and its record does not say so: what the store knows of its deadlines is
 * too late for it, so it is filed in the wheel until that is recorded.
 */
export const hasNewWatch = ({ watched, record }: SessionHost): boolean =>
  watched && record !== null && !(record.session.watched && countsSilence(record.session));

/** Whether the heartbeat counts while the session is stored: not after a crash, until its client is heard again. */
export const countsSilence = ({ putAway, heardAway }: StoredSession): boolean =>
  putAway === true || heardAway === true;
