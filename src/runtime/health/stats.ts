import { SESSION_STATES, type SessionState } from '../../../machines/index.ts';
import type { RuntimeStats } from '../runtime.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** Counters, and how many sessions are where. See `Runtime.stats`. */
export const stats = (context: RuntimeContext): RuntimeStats => {
  const { registry, hosts, counters, lagMs } = context;
  const byState = Object.fromEntries(SESSION_STATES.map((state) => [state, 0])) as Record<
    SessionState,
    number
  >;
  // Restarts of behaviours are in flight too, but they are no operations.
  let inFlight = 0;
  for (const { shown, work } of hosts.values()) {
    byState[shown] += 1;
    inFlight += work?.size ?? 0;
  }
  const { operationsStarted, operationsFinished, ended, ...counted } = counters;
  return {
    ...counted,
    state: registry.actor.getSnapshot().value,
    resident: hosts.size,
    byState,
    byResidency: residencies(context),
    ended: { ...ended },
    operations: { started: operationsStarted, finished: operationsFinished, inFlight },
    lagMs,
  };
};

/** Of a durable store it is known how many there are; those that are not in memory, or on their way, are stored. */
const residencies = ({ hosts, census, reserved }: RuntimeContext): RuntimeStats['byResidency'] => {
  let hibernating = 0;
  for (const { residency } of hosts.values()) if (residency === 'hibernating') hibernating += 1;
  const waking = census === null ? 0 : reserved.size;
  const stored = census === null ? 0 : Math.max(0, census.total - hosts.size - waking);
  return { resident: hosts.size - hibernating, hibernating, stored, waking };
};
