import type { SessionState } from '../../../machines/index.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import type { SessionHost } from '../host.ts';
import { end, ended } from '../lifecycle/lifecycle.ts';
import { canRest, hibernate } from '../residency/hibernate.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * The idle sessions of each principal, in the order in which they became idle. A session that has no work is a
 * candidate, whether or not a stream of its client is attached: presence is not work. Anonymous sessions are none,
 * because nothing tells whose they are; all of them are where they can be put away. Each call is O(1), amortised: what
 * `longest` passes by it passes by once.
 */
export class IdleSessions {
  readonly #idle = new Map<string, Set<SessionHost>>();
  /** Everybody's that are idle or paused, in the order in which they became so: only a durable store takes them. */
  readonly #resting: Set<SessionHost> | null;

  /** @param durable whether they can be put away. */
  constructor(durable: boolean) {
    this.#resting = durable ? new Set() : null;
  }

  /** The session plane shows it in this state now. */
  shown(host: SessionHost, state: SessionState): void {
    const { principal } = host;
    // The plane is behind the actor: what it shows as idle may be over already.
    this.remove(host);
    const quiet = state === 'idle' || state === 'paused';
    if (!quiet || host.reason !== null || host.released || host.residency === 'stored') return;
    this.#resting?.add(host);
    if (principal === null || state !== 'idle') return;
    const own = this.#idle.get(principal) ?? new Set();
    this.#idle.set(principal, own.add(host));
  }

  /** It is no candidate any more: its end has begun, or it was let go. */
  remove(host: SessionHost): void {
    this.#resting?.delete(host);
    if (host.principal === null) return;
    const own = this.#idle.get(host.principal);
    if (own?.delete(host) === true && own.size === 0) this.#idle.delete(host.principal);
  }

  /** The one of this principal that has been idle for the longest; `null` if none is. */
  longest(principal: string): SessionHost | null {
    for (const host of this.#idle.get(principal) ?? []) {
      // An observer of its actor asks from the middle of its turn: what it comes to is not known yet.
      if (isReceiving(host.actor)) continue;
      if (host.state === 'idle' && host.inFlight === 0) return host;
      // It is on its way to another state, and is shown idle again if it comes back.
      this.remove(host);
    }
    return null;
  }

  /** The one of all that has rested for the longest and can be put away; `null` if none is found among the first ones. */
  longestOfAll(): SessionHost | null {
    let looks = 0;
    for (const host of this.#resting ?? []) {
      // One whose slot is promised already makes room for nobody else.
      if (host.onGone === null && !isReceiving(host.actor) && canRest(host)) return host;
      looks += 1;
      if (looks === MOST_LOOKS) return null;
      // Those that cannot go now stand behind the others, so that they are not looked at each time.
      this.#resting?.delete(host);
      this.#resting?.add(host);
    }
    return null;
  }

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const own of this.#idle.values()) size += own.size;
    return size;
  }
}

/** So many that cannot be put away, and the search is given up. */
const MOST_LOOKS = 32;

/**
 * Makes room for a session of this principal; `null`: there is nobody to make it. With a durable store the session that
 * has rested for the longest is put away; without one, the principal's own that has been idle for the longest is ended.
 * Resolves once that is done, and its slot is reserved: with what gives the reservation back. Rejects when it could not be
 * done, although an end goes on: then nothing is reserved.
 */
export const makeRoom = (
  context: RuntimeContext,
  principal: string | null,
): Promise<() => void> | null => {
  if (context.store.durable) {
    const resting = context.idle.longestOfAll();
    return resting === null ? null : putOneAway(context, resting);
  }
  if (principal === null) return null;
  const victim = context.idle.longest(principal);
  return victim === null
    ? null
    : takeOver(context, principal, victim, () => {
        // From here on it is no candidate: nobody else chooses it.
        end(context, victim, { type: 'session.terminate', reason: 'evicted' });
        return ended(context, victim);
      });
};

/** So many that turn out to be needed themselves, and it is given up. */
const MOST_TRIES = 4;

/** One may be needed again in the very moment it was to go: then the next one goes. */
const putOneAway = async (context: RuntimeContext, first: SessionHost): Promise<() => void> => {
  let resting: SessionHost | null = first;
  for (let tries = 1; resting !== null && tries <= MOST_TRIES; tries += 1) {
    const host: SessionHost = resting;
    try {
      return await takeOver(context, null, host, () => putAway(context, host));
    } catch {
      resting = context.idle.longestOfAll();
    }
  }
  throw new Error('Nobody could make room.');
};

const putAway = async (context: RuntimeContext, host: SessionHost): Promise<void> => {
  context.idle.remove(host);
  if (await hibernate(context, host)) return;
  context.idle.shown(host, host.shown);
  throw new Error('The session that was to make room is needed itself.');
};

/** Takes over the slot of a session, in the very moment in which it goes. */
const takeOver = async (
  context: RuntimeContext,
  principal: string | null,
  victim: SessionHost,
  go: () => Promise<void>,
): Promise<() => void> => {
  let gone = false;
  victim.onGone = () => {
    gone = true;
    context.reserved.add(principal);
  };
  try {
    await go();
  } catch (error) {
    // Whoever won it has it now; what counts here is that its slot is free.
    if (!gone) {
      victim.onGone = null;
      throw error;
    }
  }
  // It went before it was asked to, and its slot with it.
  if (!gone) throw new Error('The session that was to make room is gone already.');
  return () => context.reserved.release(principal);
};
