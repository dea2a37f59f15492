import type { StoreError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { storeGone } from '../commits/store-trouble.ts';
import { letGo } from '../lifecycle/retire.ts';
import { nextTurn } from '../next-turn.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/**
 * The store is gone for good: another process can have it already, and every session in it. So all in memory are let go, as
 * where another owner won them: what runs is aborted, nothing is recorded or told of them any more. Never rejects.
 */
export const letAllGo = async (context: RuntimeContext, error: StoreError): Promise<void> => {
  storeGone(context, error);
  let gone = 0;
  for (const host of [...context.hosts.values()]) {
    // One without a record is being made: what the store answers to that ends it.
    if (host.record === null || host.released) continue;
    letGo(context, host);
    for (const waiter of host.waiters.splice(0)) waiter.reject(error);
    gone += 1;
    if (gone % LIMITS.sweepTurn === 0) await nextTurn(context);
  }
};
