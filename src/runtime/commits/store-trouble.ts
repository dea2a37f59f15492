import { AlreadyExistsError, Fenced, InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { announce } from '../plane/announce.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** That the store does not take changes. */
export interface StoreTrouble {
  /** What it said last. */
  readonly error: unknown;
  /** Mono time of that. */
  readonly at: number;
  /** It never will again: see `storeGone`. */
  readonly final: boolean;
}

/** A store that refuses so works: it has looked, and compared. */
const NO_TROUBLE = [Fenced, AlreadyExistsError, InvalidOptionError];

/** The store did not take a change, or did not say so. Told once, until it takes one again. */
export const storeFailed = (context: RuntimeContext, error: unknown): void => {
  if (NO_TROUBLE.some((refusal) => error instanceof refusal)) return;
  const isNews = context.storeTrouble === null;
  if (context.storeTrouble?.final) return;
  context.storeTrouble = { error, at: context.clock.mono(), final: false };
  if (isNews) announce(context, { type: 'runtime.store-failing', error });
};

/**
 * The store did not take the note that the process lives. Where it failed before that, this is no new failure: the next
 * note that is taken tells as much as before.
 */
export const noteFailed = (context: RuntimeContext, error: unknown): void => {
  const { storeTrouble } = context;
  if (storeTrouble === null) storeFailed(context, error);
  else context.storeTrouble = { ...storeTrouble, error };
};

/** The store is gone for good, in its own words. Told once, also where it was failing before. */
export const storeGone = (context: RuntimeContext, error: unknown): void => {
  context.storeTrouble = { error, at: context.clock.mono(), final: true };
  announce(context, { type: 'runtime.store-failing', error });
};

/** The store took a change. */
export const storeWorks = (context: RuntimeContext): void => {
  if (context.storeTrouble === null || context.storeTrouble.final) return;
  context.storeTrouble = null;
  announce(context, { type: 'runtime.store-recovered' });
};

/**
 * The store took the note that the process lives. That is the least there is to write: a store without room for more may
 * still take it, so it counts where nothing has failed for a while.
 */
export const storeNoted = (context: RuntimeContext): void => {
  const { storeTrouble, clock } = context;
  if (storeTrouble === null || clock.mono() - storeTrouble.at < LIMITS.storeTroubleMs) return;
  for (const host of context.hosts.values()) if (host.failures > 0) return;
  storeWorks(context);
};
