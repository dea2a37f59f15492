import type { SessionRecord } from '../store/contract.ts';
import type { SessionHealth } from './health.ts';
import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** How a session fares. See `Session.health`. */
export const sessionHealth = (_context: RuntimeContext, _host: SessionHost): SessionHealth => {
  throw new Error('not built yet');
};

/** The health of a session that is not in memory: there is nothing to say of it. */
export const recordHealth = (_record: SessionRecord): SessionHealth => {
  throw new Error('not built yet');
};
