import type { RuntimeContext } from '../runtime-context.ts';
import type { HealthStatus, RuntimeHealth } from './health.ts';
import { healthStatus } from './session-health.ts';

/** How it all fares. See `Runtime.health`. */
export const runtimeHealth = (context: RuntimeContext): RuntimeHealth => {
  const sessions: Record<HealthStatus, number> = {
    healthy: 0,
    late: 0,
    silent: 0,
    stuck: 0,
    failing: 0,
  };
  for (const host of context.hosts.values()) sessions[healthStatus(context, host)] += 1;
  return {
    status: statusOf(context),
    problems: problemsOf(context, sessions),
    resident: context.hosts.size,
    maxResident: context.settings.maxResident,
    store: context.storeTrouble ? 'failing' : 'ok',
    sessions,
  };
};

const statusOf = (context: RuntimeContext): RuntimeHealth['status'] => {
  if (context.closed) return 'stopped';
  if (context.draining) return 'draining';
  return context.storeTrouble ? 'failing' : 'healthy';
};

const problemsOf = (
  context: RuntimeContext,
  { stuck, failing }: RuntimeHealth['sessions'],
): string[] => {
  const { hosts, settings, deadlines, lagMs, storeTrouble } = context;
  const problems: string[] = [];
  if (storeTrouble !== null) {
    const said = storeTrouble.error instanceof Error ? storeTrouble.error.message : '';
    const what = storeTrouble.final
      ? 'The store is gone for good, and its sessions were let go: stop this process'
      : 'The store does not take changes; they are tried again';
    problems.push(`${what}. It says: "${said}"`);
  }
  if (hosts.size >= settings.maxResident) {
    problems.push(`There is no room: ${hosts.size} of ${settings.maxResident} sessions.`);
  }
  if (lagMs > deadlines.gapMs) {
    problems.push(`The event loop is held up: the last tick came ${Math.round(lagMs)} ms late.`);
  }
  if (stuck > 0) problems.push(`Sessions that are stuck: ${stuck}.`);
  if (failing > 0) problems.push(`Sessions that are failing: ${failing}.`);
  return problems;
};
