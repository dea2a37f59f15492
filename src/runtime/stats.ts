import { SESSION_STATES, type SessionState } from '../../machines/index.ts';
import type { RuntimeStats } from './runtime.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Counters, and how many sessions are where. See `Runtime.stats`. */
export const stats = (context: RuntimeContext): RuntimeStats => {
  const { registry, hosts, counters, inFlight, lagMs } = context;
  const byState = Object.fromEntries(SESSION_STATES.map((state) => [state, 0])) as Record<
    SessionState,
    number
  >;
  for (const host of hosts.values()) byState[host.shown] += 1;
  const { operationsStarted, operationsFinished, ended, ...counted } = counters;
  return {
    ...counted,
    state: registry.actor.getSnapshot().value,
    resident: hosts.size,
    byState,
    byResidency: { resident: hosts.size, hibernating: 0, stored: 0, waking: 0 },
    ended: { ...ended },
    operations: { started: operationsStarted, finished: operationsFinished, inFlight },
    lagMs,
  };
};
