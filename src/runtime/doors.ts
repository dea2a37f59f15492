import { storedKey, storedOnce } from './admission/key-index.ts';
import { getOrCreate } from './admission/keyed.ts';
import { checkedCreate, checkedKey } from './create-options.ts';
import { createSession } from './lifecycle/create-session.ts';
import type { Viewer } from './residency/readable.ts';
import type { CreateOptions, KeyedOptions } from './runtime.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Session } from './session.ts';
import { untilClosed } from './until-closed.ts';

/** Makes a session of this principal, and gives `viewer` a reference to it. See `BoundRuntime.create`. */
export const create = async (
  context: RuntimeContext,
  principal: string | null,
  options: CreateOptions,
  viewer: Viewer,
): Promise<Session> => {
  const checked = checkedCreate(options, context.application, context.store.durable);
  if (options.idempotencyKey === undefined) {
    const ask = () => createSession(context, { principal, key: null }, checked);
    return context.reference(await untilClosed(context, ask), viewer);
  }
  const key = storedOnce(checkedKey('idempotencyKey', options.idempotencyKey));
  const ask = () => getOrCreate(context, { principal, key }, checked);
  return context.reference(await untilClosed(context, ask), viewer);
};

/** The principal's session of a key, likewise. See `BoundRuntime.getOrCreate`. */
export const createKeyed = async (
  context: RuntimeContext,
  principal: string | null,
  options: KeyedOptions,
  viewer: Viewer,
): Promise<Session> => {
  const { application, store } = context;
  const checked = checkedCreate(options, application, store.durable, 'getOrCreate');
  const key = storedKey(checkedKey('key', options.key));
  const ask = () => getOrCreate(context, { principal, key }, checked);
  return context.reference(await untilClosed(context, ask), viewer);
};
