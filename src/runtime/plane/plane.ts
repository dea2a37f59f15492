import { contained } from '../../errors/contained.ts';
import { LIMITS } from '../../limits.ts';
import type { LifecycleEvent, Listener, SessionLifecycleEvent } from '../../observe/events.ts';
import { planted } from '../../planted.ts';
import type { PlaneEvent, SessionHost } from '../host.ts';
import { queueHook } from '../lifecycle/hook-queue.ts';
import type { Contact } from '../residency/contact.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { announce } from './announce.ts';
import { reportError } from './report-error.ts';
import type { Untold } from './untold.ts';

/*
 * The session plane: what callers and listeners are shown of a session, in order, each change only after
 * its commit. The actor plane (XState's own observers) is ahead of it by what is not durable yet.
 */

/**
 * Puts an event in the row. `afterCommit`: it is told once a commit that carries it has succeeded. Returns its place
 * there; `null` where it was left out.
 */
export const tell = (
  context: RuntimeContext,
  host: SessionHost,
  event: PlaneEvent,
  afterCommit: boolean,
): Untold | null => {
  const held = afterCommit && !planted('shown-before-commit');
  const untold = host.untold.add(event, context.clock.wall(), held);
  if (!held) release(context, host, 0);
  return untold;
};

/** Puts what a session tells of its birth before anything that was told of it meanwhile, and tells it. */
export const tellFirst = (
  context: RuntimeContext,
  host: SessionHost,
  events: readonly PlaneEvent[],
): void => {
  host.untold.addFirst(events, context.clock.wall());
  release(context, host, 0);
};

/** Tells everything up to the change of that number, which a commit has carried, and what follows it needing none. */
export const release = (context: RuntimeContext, host: SessionHost, recorded: number): void => {
  const { untold } = host;
  untold.recorded = Math.max(untold.recorded, recorded);
  // Whoever is telling goes on to the newest: all listeners hear one order.
  if (untold.telling) return;
  untold.telling = true;
  for (let next = untold.take(); next !== null; next = untold.take()) {
    show(context, host, next.event, next.at);
  }
  untold.telling = false;
  if (untold.dropped === 0 || untold.size > 0) return;
  const error = new Error(leftOut(untold.dropped));
  untold.dropped = 0;
  reportError(context, host, 'the session plane', error);
};

const leftOut = (count: number): string => {
  const { untoldEvents, untoldWaitMs } = LIMITS;
  return `${count} events were left out: ${untoldEvents} were waiting, the first for ${untoldWaitMs} ms or more.`;
};

const show = (context: RuntimeContext, host: SessionHost, event: PlaneEvent, at: number): void => {
  if (event.type === 'session.state-changed') {
    host.shown = event.to;
    context.idle.shown(host, event.to);
  }
  const full = numbered(context, host.contact, event, at);
  // Both as they are now: one that is added while this is told hears what comes after it.
  const [own, everybodys] = [host.listeners, context.listeners];
  for (const listener of own) hear(context, host, listener, full);
  for (const listener of everybodys) hear(context, host, listener, full);
  hook(context, host, full);
};

/** The event as it is told, and kept for who comes late. */
const numbered = (
  context: RuntimeContext,
  contact: Contact,
  event: PlaneEvent,
  at: number,
): SessionLifecycleEvent => {
  contact.seq += 1;
  const { id, principal, seq } = contact;
  const full: SessionLifecycleEvent = Object.freeze({ ...event, id, principal, seq, at });
  context.recent.add(full);
  return full;
};

/** Tells something of a stored session of which nothing is known here but its contact: nobody listens to it alone. */
export const tellOf = (context: RuntimeContext, contact: Contact, event: PlaneEvent): void => {
  const full = numbered(context, contact, event, context.clock.wall());
  for (const listener of context.listeners) hear(context, null, listener, full);
};

/** The hooks that tell of this event. */
const hook = (context: RuntimeContext, host: SessionHost, event: SessionLifecycleEvent): void => {
  if (event.type === 'session.created') {
    queueHook(context, host, 'onCreated', (onCreated) => onCreated(context.reference(host)));
  }
  if (event.type === 'session.state-changed') {
    const { from, to } = event;
    // It has run by now and was the last one: it tells of this step itself.
    if (to === 'terminated' && context.application.hooks.onTerminated !== undefined) return;
    queueHook(context, host, 'onStateChanged', (onStateChanged) =>
      onStateChanged(context.reference(host), { from, to }),
    );
  }
};

const hear = <E extends LifecycleEvent>(
  context: RuntimeContext,
  host: SessionHost | null,
  listener: Listener<E>,
  event: E,
): void =>
  contained(
    () => listener(event),
    (error) => {
      const where = `a listener of ${event.type}`;
      announce(context, { type: 'runtime.error', where, error }, { host, where });
    },
  );
