import type { SessionRecord } from '../../store/contract.ts';
import type { SessionHost } from '../host.ts';
import { nextDeadline } from '../liveness/next-deadline.ts';
import { shownReason, type Viewer } from '../residency/readable.ts';
import type { Unreadable } from '../residency/reading.ts';
import { storedState } from '../residency/stored-host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { HealthStatus, SessionHealth } from './health.ts';

/** How a session fares. See `Session.health`. */
export const sessionHealth = (
  context: RuntimeContext,
  host: SessionHost,
  viewer: Viewer,
): SessionHealth => {
  if (host.shown === 'terminated' && host.record !== null) {
    return recordHealth(context, host.record, null, viewer);
  }
  if (host.isAway && host.record !== null) {
    const health = recordHealth(context, host.record, host.unreadable, viewer);
    return { ...health, state: host.shown, residency: host.residency };
  }
  const mono = context.clock.mono();
  const faults = faultsOf(context, host, mono);
  const { what, at } = nextDeadline(context, host, mono);
  return {
    id: host.id,
    status: worst(faults),
    state: host.shown,
    residency: context.hosts.get(host.id) === host ? host.residency : 'stored',
    problems: faults.map(({ problem }) => problem),
    silentMs: Math.max(0, Math.round(mono - host.lastSign)),
    inFlight: host.inFlight,
    nextDeadline:
      what === 'none' ? null : { deadline: what, inMs: Math.max(0, Math.round(at - mono)) },
  };
};

/** Just the word for it: what a count of all sessions needs. */
export const healthStatus = (context: RuntimeContext, host: SessionHost): HealthStatus =>
  worst(faultsOf(context, host, context.clock.mono()));

/** The health of a session that is not in memory: only its record's own deadline is left to tell. */
export const recordHealth = (
  context: RuntimeContext,
  record: SessionRecord,
  unreadable: Unreadable | null,
  viewer: Viewer,
): SessionHealth => {
  const wall = context.clock.wall();
  const problem = shownReason(unreadable, viewer);
  const { due } = record;
  return {
    id: record.id,
    status: problem === null ? 'healthy' : 'failing',
    state: storedState(record.state),
    residency: 'stored',
    problems: problem === null ? [] : [problem],
    silentMs:
      unreadable?.what === 'record'
        ? 0
        : Math.max(0, Math.round(wall - record.session.lastActivityAt)),
    inFlight: 0,
    nextDeadline:
      due === null
        ? null
        : { deadline: due.deadline, inMs: Math.max(0, Math.round(due.at - wall)) },
  };
};

/** One thing that is not well, and how bad that is. */
interface Fault {
  readonly status: HealthStatus;
  readonly problem: string;
}

const SEVERITY: Readonly<Record<HealthStatus, number>> = {
  healthy: 0,
  late: 1,
  silent: 2,
  stuck: 3,
  failing: 4,
};

const worst = (faults: readonly Fault[]): HealthStatus =>
  faults.reduce<HealthStatus>(
    (status, fault) => (SEVERITY[fault.status] > SEVERITY[status] ? fault.status : status),
    'healthy',
  );

const faultsOf = (context: RuntimeContext, host: SessionHost, mono: number): readonly Fault[] => {
  if (host.shown === 'terminated') return [];
  return [
    ...failures(host),
    ...stuckOperations(host, mono),
    ...stuckHook(context, host, mono),
    ...silence(context, host, mono),
  ];
};

const failures = (host: SessionHost): Fault[] => {
  const faults: Fault[] = [];
  if (host.failures > 0) {
    const times = host.failures === 1 ? 'once' : `${host.failures} times in a row`;
    faults.push({ status: 'failing', problem: `Recording it has failed ${times}.` });
  }
  if (host.crashed) faults.push({ status: 'failing', problem: 'Its actor threw and is gone.' });
  const status = host.behaviour?.view.status;
  if (status === 'restarting' || status === 'failed') {
    const what = status === 'failed' ? 'and is not started again' : 'and waits for its restart';
    faults.push({ status: 'failing', problem: `Its behaviour failed ${what}.` });
  }
  return faults;
};

/** Those that have used up more than half their time, waiting included. */
const stuckOperations = (host: SessionHost, mono: number): Fault[] => {
  if (host.work === null) return [];
  return host.work
    .list()
    .filter(({ askedAt, timeoutMs }) => mono - askedAt > timeoutMs / 2)
    .map(({ id, name, state, askedAt, timeoutMs }) => ({
      status: 'stuck',
      problem:
        `The operation ${JSON.stringify(name)} (${id}) is ${state} ` +
        `since ${Math.round(mono - askedAt)} ms, of ${timeoutMs} ms.`,
    }));
};

const stuckHook = ({ settings }: RuntimeContext, host: SessionHost, mono: number): Fault[] => {
  const since = host.hooks?.runningSince ?? null;
  if (since === null || mono - since <= settings.hookTimeoutMs / 2) return [];
  const problem = `A hook runs since ${Math.round(mono - since)} ms, of ${settings.hookTimeoutMs} ms.`;
  return [{ status: 'stuck', problem }];
};

/** What its client leaves out: beats, or all of its heartbeat window, which only work in flight outlives. */
const silence = (context: RuntimeContext, host: SessionHost, mono: number): Fault[] => {
  const { missed, watched, lastSign } = host;
  const { heartbeatIntervalMs, heartbeatMissed, graceMs } = context.deadlines;
  const windowMs = heartbeatIntervalMs * heartbeatMissed;
  const honouredAt = Math.max(
    lastSign + windowMs,
    context.endOfLastGap + Math.min(windowMs, graceMs),
  );
  const asked = watched && (host.shown === 'active' || host.shown === 'idle');
  if (asked && !context.draining && mono >= honouredAt) {
    const problem = `No sign of life for ${Math.round(mono - lastSign)} ms: its heartbeat window is over.`;
    return [{ status: 'silent', problem }];
  }
  if (!asked || missed === 0) return [];
  const beats = missed === 1 ? '1 heartbeat is' : `${missed} heartbeats are`;
  return [{ status: 'late', problem: `${beats} missing.` }];
};
