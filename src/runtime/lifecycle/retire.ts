import { Fenced } from '../../errors.ts';
import { sendToSession } from '../../xstate/session-actor.ts';
import { forgetNewIds } from '../commits/rename.ts';
import { dropCollectors } from '../front-end/collectors.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { leaveMemory } from './in-memory.ts';

/** Drops a session whose end is recorded: its actor reaches `terminated`, and every reference to it goes. */
export const retire = (context: RuntimeContext, host: SessionHost): void => {
  if (!host.crashed) sendToSession(host.actor, { type: 'session.cleaned' });
  const { reason } = host;
  if (reason !== null) {
    const { ended } = context.counters;
    ended[reason] = (ended[reason] ?? 0) + 1;
  }
  context.census?.remove(host.principal);
  drop(context, host);
};

/** Lets a session go without an end: another owner or commit won it, and it goes on there. */
export const letGo = (context: RuntimeContext, host: SessionHost): void => {
  host.released = true;
  host.retry?.unsubscribe();
  host.retry = null;
  const lost = new Fenced(host.id);
  host.ending?.abort(lost);
  host.making?.abort(lost);
  // What runs here would go on with effects that are another owner's now. Before it leaves the wheel and its
  // untold events are dropped: the end of an operation files a deadline and tells an event.
  for (const operation of host.work?.list() ?? []) operation.abort(lost);
  host.behaviour?.stop();
  context.wheel.remove(host);
  context.registry.stop(host.actor.id);
  context.idle.remove(host);
  for (const waiter of host.endWaiters ?? []) waiter.reject(lost);
  host.endWaiters = null;
  for (const reject of host.stateWaiters ?? []) reject(lost);
  drop(context, host);
};

/** Nothing is kept of a session that is over, or goes on elsewhere. */
const drop = (context: RuntimeContext, host: SessionHost): void => {
  context.staleReads.left(host.id);
  forgetNewIds(context, host);
  dropCollectors(host);
  leaveMemory(context, host);
  context.away.delete(host);
  context.endingAway.delete(host);
  context.toldUnreadable.delete(host.id);
  if (host.released) host.untold.clear();
  if (context.hosts.size === 0) context.onQuiet?.();
};

/**
 * Takes back a session whose first record was not written: it never was, so nothing is told of it.
 *
 * @param counted it still counts, because its record may be there: see `takeBack`.
 */
export const discard = (context: RuntimeContext, host: SessionHost, counted = false): void => {
  // Whoever waits for its end (a drain) has nothing to wait for.
  const waiters = [...host.waiters, ...(host.endWaiters ?? [])];
  host.waiters = [];
  host.endWaiters = null;
  if (!counted) context.census?.remove(host.principal);
  letGo(context, host);
  for (const waiter of waiters) waiter.resolve();
};
