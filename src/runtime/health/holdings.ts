import type { BehaviourStatus } from '../behaviour/behaviour.ts';
import type { SessionHost } from '../host.ts';
import type { Contact } from '../residency/contact.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** What a runtime holds for one session. */
export interface HeldSession {
  readonly id: string;
  /** The name of its actor, which it keeps when its id is rotated; `null`: it has none, it is not in memory. */
  readonly actor: string | null;
  /** Listeners of `session.subscribe`. */
  readonly listeners: number;
  /** Calls of `waitFor` that were not answered. */
  readonly waits: number;
  /** Streams that are attached. */
  readonly presences: number;
  /** Names of its operations that run or wait. */
  readonly operations: readonly string[];
  /** What its behaviour is doing; `null`: it has none. */
  readonly behaviour: BehaviourStatus | null;
  /** A step takes it into memory, out of it, or to its end. */
  readonly inLane: boolean;
}

/** What a runtime holds, as plain data: for tests of what is left when nothing should be. */
export interface Holdings {
  readonly closed: boolean;
  /** Sessions in memory, or on their way to their end, and those not in memory that somebody waits to hear of. */
  readonly sessions: readonly HeldSession[];
  /** Names in the registry of actors that are no session's. */
  readonly strayActors: readonly string[];
  /** Listeners of `runtime.subscribe`. */
  readonly listeners: number;
  /** Steps under way that take sessions into memory, out of it, or to their end. */
  readonly lanes: number;
  /**
   * So many timers the runtime and its sessions may have on the clock, at most: exactly as many where no session does
   * anything.
   */
  readonly timers: number;
  /** Whether code of the application may be running: an operation, a hook, a behaviour. */
  readonly busy: boolean;
  /** What else is in its tables, by what it is; only what there is any of. */
  readonly others: Readonly<Record<string, number>>;
}

/**
 * What a runtime holds. O(sessions).
 *
 * @param gone contacts of sessions that are looked at though the runtime may not hold them any more
 */
export const holdings = (context: RuntimeContext, gone: Iterable<Contact> = []): Holdings => {
  const { hosts, endingAway, away, lanes, registry } = context;
  const known = new Set([...hosts.values(), ...endingAway, ...away.list()]);
  const others = new Set([...away.contacts().filter(({ presences }) => presences > 0), ...gone]);
  for (const { contact } of known) others.delete(contact);
  const actors = new Set([...hosts.values()].map(({ actor }) => actor.id));
  return {
    closed: context.closed,
    sessions: [...[...known].map((host) => heldOf(context, host)), ...[...others].map(heldAs)],
    strayActors: [...registry.ids()].filter((id) => !actors.has(id)),
    listeners: context.listeners.length,
    lanes: lanes.size,
    timers: timersOf(context),
    busy: [...hosts.values(), ...endingAway].some(isBusy),
    others: othersOf(context),
  };
};

/** The contact of this session, in memory or not; `null`: nothing is known of it here. */
export const contactOf = ({ hosts, away }: RuntimeContext, id: string): Contact | null =>
  (hosts.get(id) ?? away.get(id))?.contact ?? away.contact(id) ?? null;

const heldOf = (context: RuntimeContext, host: SessionHost): HeldSession => ({
  id: host.id,
  actor: context.hosts.get(host.id) === host ? host.actor.id : null,
  // A wait is a listener too.
  listeners: host.listeners.length - waitsOf(host),
  waits: waitsOf(host),
  presences: host.contact.presences,
  operations: (host.work?.list() ?? []).map(({ name }) => name),
  behaviour: host.behaviour?.view.status ?? null,
  inLane: context.lanes.has(host),
});

/** Of one that is stored, or gone, and has streams attached. */
const heldAs = ({ id, presences }: Contact): HeldSession => ({
  id,
  actor: null,
  listeners: 0,
  waits: 0,
  presences,
  operations: [],
  behaviour: null,
  inLane: false,
});

const waitsOf = ({ stateWaiters }: SessionHost): number => stateWaiters?.size ?? 0;

/** Something of the application's own may be running for it. */
const isBusy = (host: SessionHost): boolean =>
  !host.made ||
  host.inFlight > 0 ||
  host.hooks !== null ||
  host.reason !== null ||
  // One that only waits for events has no timer but its own delays, which are counted.
  (host.behaviour?.view.status === 'running' && host.behaviour.busyWith !== null);

const timersOf = (context: RuntimeContext): number => {
  if (context.closed) return 0;
  const { hosts, endingAway, opening, sweep, alive, takingBack, registry, draining } = context;
  let timers = takingBack.size + context.endLater.size + registry.delayedEvents.size;
  if (opening?.retry) timers += 1;
  // The tick of the wheel: it turns from the moment on in which the runtime is open.
  if (opening === null) timers += 1;
  if (sweep !== null) timers += 1;
  if (alive !== null) timers += 1;
  // One step of a drain is timed at once.
  if (draining) timers += 1;
  for (const host of hosts.values()) timers += timersOfSession(host);
  for (const host of endingAway) timers += timersOfSession(host);
  return timers;
};

const timersOfSession = (host: SessionHost): number => {
  let timers = waitsOf(host);
  for (const { timeoutMs } of host.work?.list() ?? []) timers += Number.isFinite(timeoutMs) ? 1 : 0;
  if (host.retry !== null) timers += 1;
  if (host.decideLater !== null) timers += 1;
  if (host.hooks !== null) timers += 1;
  if (!host.made) timers += 1;
  if (host.behaviour?.view.status === 'restarting') timers += 1;
  // `cleanup` and `onTerminated`, and the hooks they wait for.
  if (host.reason !== null) timers += 2;
  return timers;
};

const othersOf = (context: RuntimeContext): Readonly<Record<string, number>> => {
  const { hosts, endingAway, perPrincipal, keyed, takingBack, rotated, reserved, idle } = context;
  const all = {
    'sessions in memory': hosts.size,
    'sessions on their way to their end': endingAway.size,
    'principals with a session': perPrincipal.size,
    'keys taken': keyed.size,
    'creates to take back': takingBack.size,
    'rotated names': rotated.size,
    'slots reserved': reserved.size,
    'idle candidates': idle.size,
    'operations in flight': context.inFlight,
    'calls not answered': context.whenClosed.size + (context.opening?.waiting.length ?? 0),
  };
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
};
