import { ForbiddenError } from '../../errors.ts';
import type { Principal } from '../../identity/principal.ts';
import { LIMITS } from '../../limits.ts';
import type { Page, SessionRecord } from '../../store/contract.ts';
import { storeRead } from '../commits/store-read.ts';
import type { SessionHost } from '../host.ts';
import { terminateAnywhere } from '../residency/end-stored.ts';
import { storedHost } from '../residency/stored-host.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * Ends all sessions a principal has, in memory or stored, those that are being made included. Every one of them is tried.
 * Resolves with how many there were, once their ends are recorded, also the ones that had begun before; rejects with the
 * first error when a try to record one fails: that goes on all the same. Throws `ForbiddenError` for the anonymous
 * principal. See `BoundRuntime.terminateAll`.
 */
export const terminateAll = async (
  context: RuntimeContext,
  principal: Principal,
  reason: 'client' | 'operator',
): Promise<number> => {
  if (principal === null) {
    throw new ForbiddenError(
      'Anonymous sessions are not ended in bulk: nothing tells whose they are.',
    );
  }
  const own = [...(context.perPrincipal.get(principal) ?? [])];
  const endOf = (host: SessionHost): Promise<unknown> => terminateAnywhere(context, host, reason);
  // Heard from here on, whatever becomes of the list.
  const inMemory = Promise.allSettled(own.map(endOf));
  const stored = await storedOf(context, principal);
  const ends = [...(await inMemory), ...(await Promise.allSettled(stored.map(endOf)))];
  for (const one of ends) if (one.status === 'rejected') throw one.reason;
  return ends.length;
};

/** Those that are not in memory and have not ended. A principal has few: see `maxPerPrincipal`. */
const storedOf = async (context: RuntimeContext, principal: string): Promise<SessionHost[]> => {
  if (!context.store.durable) return [];
  const used = context.staleReads.begin();
  try {
    const hosts: SessionHost[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await pageOf(context, principal, cursor);
      for (const record of page.records) {
        if (isStored(context, record)) hosts.push(storedHost(context, record));
      }
      cursor = page.cursor;
    } while (cursor !== null);
    return hosts;
  } finally {
    used();
  }
};

const pageOf = (context: RuntimeContext, principal: string, cursor: string | null): Promise<Page> =>
  storeRead('the list', context.store.list({ principal, cursor, limit: LIMITS.listPage }));

/** It goes on, and not in memory; and it is not what a create left that was refused. */
const isStored = (context: RuntimeContext, { id, state }: SessionRecord): boolean =>
  state !== 'terminated' &&
  !context.hosts.has(id) &&
  !context.newIds.has(id) &&
  !context.takingBack.has(id) &&
  !context.staleReads.has(id);
