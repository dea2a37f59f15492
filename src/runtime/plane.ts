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
  // What needs no commit goes at once, unless something ahead of it waits for one: order is kept.
  if (!afterCommit && host.untold === null) {
    show(context, host, event, at);
    return;
  }
  host.untold ??= [];
  host.untold.push({ event, at, afterCommit });
};

/** Tells the first `count` of the row, which a commit has carried, and what follows them without needing one. */
export const release = (context: RuntimeContext, host: SessionHost, count: number): void => {
  const row = host.untold;
  if (row === null) return;
  let told = 0;
  while (told < row.length && (told < count || !(row[told] as Untold).afterCommit)) told += 1;
  // Taken out of the row before anyone hears of it: a listener may well cause the next event.
  host.untold = told === row.length ? null : row.slice(told);
  for (const { event, at } of row.slice(0, told)) show(context, host, event, at);
};

/** How many events wait: what the next commit will carry. */
export const untoldCount = (host: SessionHost): number => host.untold?.length ?? 0;

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
    } catch {
      // A listener that throws on the report of a throwing listener has had its say.
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
