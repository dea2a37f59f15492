import { forgetKey } from '../admission/key-index.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** Puts a session into the tables of those in memory: its slot is taken. */
export const enterMemory = (context: RuntimeContext, host: SessionHost): void => {
  const { hosts, perPrincipal } = context;
  const { id, principal } = host;
  hosts.set(id, host);
  if (principal === null) return;
  const own = perPrincipal.get(principal) ?? new Set();
  perPrincipal.set(principal, own.add(host));
};

/** Takes a session out of the tables of those in memory, and frees its slot. Without effect on one that is not there. */
export const leaveMemory = (context: RuntimeContext, host: SessionHost): void => {
  if (context.hosts.get(host.id) !== host) return;
  context.hosts.delete(host.id);
  context.rotated.delete(host.actor.id);
  forgetKey(context, host);
  if (host.principal !== null) {
    const own = context.perPrincipal.get(host.principal);
    own?.delete(host);
    if (own?.size === 0) context.perPrincipal.delete(host.principal);
  }
  host.decideLater?.unsubscribe();
  host.decideLater = null;
  const { onGone } = host;
  host.onGone = null;
  onGone?.();
};
