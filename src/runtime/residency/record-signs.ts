import { commit } from '../commits/commits.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { claim, giveUp } from './claim.ts';

/**
 * Records what was heard of a session while it was stored: signs of life, and the numbers of events told. It is not woken
 * for that. Never rejects: what fails is lost with this process, or tried again at the next look.
 */
export const recordSigns = (context: RuntimeContext, host: SessionHost): Promise<void> =>
  context.lanes.run(host, async () => {
    if (host.residency !== 'stored' || host.reason !== null || host.released) return;
    if (host.unreadable?.what === 'record') return;
    const { contact } = host;
    try {
      await claim(context, host);
      if (host.reason !== null) return;
      const recorded = commit(context, host);
      // What comes from here on is not in it.
      contact.unrecorded = false;
      await recorded;
    } catch {
      contact.unrecorded = true;
      // Told as `runtime.store-failing`, where it is the store. It is not tried again: its record is given up.
      host.retry?.unsubscribe();
      host.retry = null;
      host.dirty = false;
      host.limbo = null;
    }
    context.away.review(host);
    if (host.record !== null) await giveUp(context, host.record);
  });
