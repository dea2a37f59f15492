import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { dueOf } from './filing.ts';
import type { Due } from './next-due.ts';

/** What is acted on next, and when (mono): as `dueOf`, but work at the end of the lifetime has its grace. */
export const nextDeadline = (context: RuntimeContext, host: SessionHost, mono: number): Due => {
  const due = dueOf(context, host, mono);
  const inGrace = due.what === 'maxLifetime' && host.inFlight > 0;
  if (!inGrace || host.lifetimeGraceEnd === null) return due;
  return { what: due.what, at: Math.max(due.at, host.lifetimeGraceEnd) };
};
