import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** Gives a session the id that was just recorded, everywhere at once. Its actor keeps its own name. */
export const rename = (context: RuntimeContext, host: SessionHost, id: string): void => {
  host.nextId = null;
  context.hosts.delete(host.id);
  context.staleReads.left(host.id);
  host.id = id;
  host.contact.id = id;
  context.hosts.set(id, host);
  context.rotated.set(host.actor.id, host);
  // First, so that whatever is told under the new id is told after it.
  host.untold.addFirst([{ type: 'session.rotated' }], context.clock.wall());
};

/** An id is about to be recorded: whoever finds it in the store finds this session, whatever becomes of the answer. */
export const noteNewId = (context: RuntimeContext, host: SessionHost, id: string): void => {
  host.newIds = [...(host.newIds ?? []), id];
  context.newIds.set(id, host);
};

/** What it is called in the store is known again. */
export const forgetNewIds = (context: RuntimeContext, host: SessionHost): void => {
  for (const id of host.newIds ?? []) context.newIds.delete(id);
  host.newIds = null;
};
