import { AlreadyExistsError, Fenced, StoreError } from '../../errors.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { storeRead } from '../commits/store-read.ts';
import type { CheckedCreate } from '../create-options.ts';
import type { SessionHost } from '../host.ts';
import { createSession } from '../lifecycle/create-session.ts';
import { ended } from '../lifecycle/lifecycle.ts';
import { endStored, overdue } from '../residency/end-stored.ts';
import { untilOpen } from '../residency/opening.ts';
import { storedHost } from '../residency/stored-host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Claim } from './admission.ts';
import { type KeyedEntry, keyName } from './key-index.ts';

/** A claim with a key. */
type KeyedClaim = Claim & { readonly key: string };

/**
 * The session of that key, made if there is none: one, however many ask at once. Whoever joins a creation gets what
 * comes of it, its error too; a failed one is not remembered. One whose end has begun is waited for, and another made
 * after it; rejects with `StoreError` when a try to record that end fails. The options are those of the caller that
 * makes it: what others give, an id too, is not looked at.
 */
export const getOrCreate = async (
  context: RuntimeContext,
  claim: KeyedClaim,
  options: CheckedCreate,
): Promise<SessionHost> => {
  const name = keyName(claim.principal, claim.key);
  for (;;) {
    const { made } = context.keyed.get(name) ?? start(context, name, claim, options);
    const host = await made;
    if (host.reason === null && !host.released) return host;
    if (!host.released) await ended(context, host);
  }
};

/** Puts a creation in the index, for everybody to join from this moment on. */
const start = (
  context: RuntimeContext,
  name: string,
  claim: KeyedClaim,
  options: CheckedCreate,
): KeyedEntry => {
  const forget = (): void => {
    if (context.keyed.get(name) === entry) context.keyed.delete(name);
  };
  const made = findOrMake(context, claim, options).then(
    (host) => {
      entry.host = host;
      // One that is gone already had nobody to take its key out.
      if (context.hosts.get(host.id) !== host) forget();
      return host;
    },
    (error: unknown) => {
      forget();
      throw error;
    },
  );
  const entry: KeyedEntry = { made, host: null };
  context.keyed.set(name, entry);
  return entry;
};

const LEFTOVER = 'what a failed create left under that key';

/** How often it is looked again where another came in between. */
const TRIES = 4;

const findOrMake = async (
  context: RuntimeContext,
  claim: KeyedClaim,
  options: CheckedCreate,
): Promise<SessionHost> => {
  if (context.opening !== null) await untilOpen(context);
  for (let tries = 1; ; tries += 1) {
    const found = await find(context, claim);
    const host =
      found === null ? undefined : (context.hosts.get(found.id) ?? context.newIds.get(found.id));
    if (host !== undefined) return host;
    const stored = found === null ? null : living(context, found);
    if (stored !== null) return stored;
    if (found !== null) {
      if (tries === TRIES) throw new StoreError(`${LEFTOVER} is still there`, undefined);
      await clearAway(context, found);
      continue;
    }
    try {
      return await createSession(context, claim, options);
    } catch (error) {
      if (!(error instanceof AlreadyExistsError) || tries === TRIES) throw error;
    }
  }
};

/** What the store has under that key; asked again where that ended, or got another id, meanwhile. */
const find = async (
  context: RuntimeContext,
  { principal, key }: KeyedClaim,
): Promise<SessionRecord | null> => {
  const used = context.staleReads.begin();
  try {
    for (let tries = 1; ; tries += 1) {
      const found = await storeRead('the session', context.store.find(principal, key));
      const stale = found !== null && context.staleReads.has(found.id);
      if (!stale || tries === TRIES) return found;
    }
  } finally {
    used();
  }
};

/** What stands for a session that is stored and goes on; `null`: its end, or its beginning, was cut short, or is due. */
const living = (context: RuntimeContext, found: SessionRecord): SessionHost | null => {
  const { id, state } = found;
  if (!context.store.durable || context.takingBack.has(id)) return null;
  if (state === 'initializing' || state === 'terminating') return null;
  const host = storedHost(context, found);
  return overdue(context, host) === null ? host : null;
};

/**
 * Makes way for a new session of a key that is taken in the store, by a session that is not in memory. What a create of
 * ours left whose answer was lost is removed: nobody was given it. What is not to go on is ended.
 */
const clearAway = async (context: RuntimeContext, found: SessionRecord): Promise<void> => {
  if (context.takingBack.has(found.id)) {
    try {
      await context.store.remove(found);
    } catch (error) {
      if (!(error instanceof Fenced)) throw new StoreError(`${LEFTOVER} was not removed`, error);
    }
    return;
  }
  if (context.store.durable) {
    const host = storedHost(context, found);
    await endStored(context, host, () => overdue(context, host));
    // A try to record it that fails is told by the next look.
    if (host.reason !== null) await ended(context, host).catch(() => undefined);
    return;
  }
  // It has gone since, or is just being removed: it is looked again.
  if (found.owner === context.owner) return;
  throw new AlreadyExistsError('A session of that key, held elsewhere,');
};
