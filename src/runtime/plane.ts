import type { LifecycleEvent, Listener, RuntimeLifecycleEvent } from '../observe/events.ts';
import type { PlaneEvent, SessionHost, Untold } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/*
 * The session plane: what callers and listeners are shown of a session, in order, each change only after
 * its commit. The actor plane (XState's own observers) is ahead of it by what is not durable yet.
 */

/** Puts an event in the row. `afterCommit`: it is told once a commit that carries it has succeeded. */
export const tell = (
  context: RuntimeContext,
  host: SessionHost,
  event: PlaneEvent,
  afterCommit: boolean,
): void => {
  const at = context.clock.wall();
  const needsNoWait = !afterCommit && host.untold === null && !host.telling;
  host.untold ??= [];
  host.untold.push({ event, at, afterCommit });
  // What needs no commit goes at once, unless something ahead of it has to be told first: order is kept.
  if (needsNoWait) release(context, host, 0);
};

/** Tells the first `count` that waited for a commit, which has carried them, and all around them that need none. */
export const release = (context: RuntimeContext, host: SessionHost, count: number): void => {
  let carried = count;
  host.telling = true;
  // What listeners cause joins the row behind this, so that all of them hear it in one order.
  for (let row = host.untold; row !== null; row = host.untold) {
    const next = row[0] as Untold; // A row is never empty.
    if (next.afterCommit && carried === 0) break;
    if (next.afterCommit) carried -= 1;
    host.untold = row.length === 1 ? null : row.slice(1);
    show(context, host, next.event, next.at);
  }
  host.telling = false;
};

/** How many events wait for a commit: what the next one will carry. */
export const untoldCount = (host: SessionHost): number =>
  host.untold?.filter(({ afterCommit }) => afterCommit).length ?? 0;

/** Tells what the runtime says about itself. */
export const announce = (
  context: RuntimeContext,
  event: RuntimeLifecycleEvent extends infer E
    ? E extends RuntimeLifecycleEvent
      ? Omit<E, 'at'>
      : never
    : never,
): void => {
  const full: RuntimeLifecycleEvent = { ...event, at: context.clock.wall() };
  for (const listener of context.listeners) {
    try {
      listener(full);
    } catch (error) {
      // A listener that throws on the report of a throwing listener has had its say.
      if (event.type === 'runtime.error') continue;
      announce(context, { type: 'runtime.error', where: `a listener of ${event.type}`, error });
    }
  }
};

const show = (context: RuntimeContext, host: SessionHost, event: PlaneEvent, at: number): void => {
  if (event.type === 'session.state-changed') host.shown = event.to;
  host.seq += 1;
  if (host.listeners === null && context.listeners.size === 0) return;
  const full: LifecycleEvent = Object.freeze({
    ...event,
    id: host.id,
    principal: host.principal,
    seq: host.seq,
    at,
  });
  if (host.listeners !== null) for (const listener of host.listeners) hear(context, listener, full);
  for (const listener of context.listeners) hear(context, listener, full);
};

const hear = <E extends LifecycleEvent>(
  context: RuntimeContext,
  listener: Listener<E>,
  event: E,
): void => {
  try {
    listener(event);
  } catch (error) {
    announce(context, { type: 'runtime.error', where: `a listener of ${event.type}`, error });
  }
};
