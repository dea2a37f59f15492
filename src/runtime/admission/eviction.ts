import type { SessionState } from '../../../machines/index.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import type { SessionHost } from '../host.ts';
import { end, ended } from '../lifecycle/lifecycle.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * The idle sessions of each principal, in the order in which they became idle. A session that has no work is a
 * candidate, whether or not a stream of its client is attached: presence is not work. Anonymous sessions are none,
 * because nothing tells whose they are. Each call is O(1), amortised: what `longest` passes by it passes by once.
 */
export class IdleSessions {
  readonly #idle = new Map<string, Set<SessionHost>>();

  /** The session plane shows it in this state now. */
  shown(host: SessionHost, state: SessionState): void {
    const { principal } = host;
    if (principal === null) return;
    // The plane is behind the actor: what it shows as idle may be over already.
    this.remove(host);
    if (state !== 'idle' || host.reason !== null || host.released) return;
    const own = this.#idle.get(principal) ?? new Set();
    this.#idle.set(principal, own.add(host));
  }

  /** It is no candidate any more: its end has begun, or it was let go. */
  remove(host: SessionHost): void {
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

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const own of this.#idle.values()) size += own.size;
    return size;
  }
}

/**
 * Begins the end of a session that makes room for another one of its principal; `null`: there is none to be ended.
 * Resolves once that end is recorded, and its slot is reserved: with what gives the reservation back. Rejects when the
 * end could not be recorded, although that goes on: then nothing is reserved.
 */
export const makeRoom = (
  context: RuntimeContext,
  principal: string | null,
): Promise<() => void> | null => {
  // With a durable store the longest idle one of all is to be put away instead of ended: that is hibernation's part.
  if (principal === null || context.store.durable) return null;
  const victim = context.idle.longest(principal);
  return victim === null ? null : inherit(context, principal, victim);
};

/** Takes over the slot of a session, in the very moment in which it goes. */
const inherit = async (
  context: RuntimeContext,
  principal: string,
  victim: SessionHost,
): Promise<() => void> => {
  let gone = false;
  victim.onGone = () => {
    gone = true;
    context.reserved.add(principal);
  };
  // From here on it is no candidate: nobody else chooses it.
  end(context, victim, { type: 'session.terminate', reason: 'evicted' });
  try {
    await ended(context, victim);
  } catch (error) {
    // Whoever won it has it now; what counts here is that its slot is free.
    if (!gone) {
      victim.onGone = null;
      throw error;
    }
  }
  return () => context.reserved.release(principal);
};
