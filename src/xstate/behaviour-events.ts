import type { AnyActorLogic } from 'xstate';
import { InvalidEventError } from '../errors.ts';

/**
 * The event types a logic knows, as descriptors (`order.placed`, `order.*`, `*`); `null` where it does not say. Those
 * that XState makes itself are left out.
 */
export const knownEvents = (logic: AnyActorLogic): readonly string[] | null => {
  // Only machines say. By their shape: a user's may come from another copy of XState.
  if (!('root' in logic && 'events' in logic && Array.isArray(logic.events))) return null;
  return logic.events.map(String).filter((descriptor) => !isInternal(descriptor));
};

/** Whether such a type may come from outside: XState trusts events of its own types, whoever sent them. */
export const isInternal = (type: string): boolean => /^@?xstate(\.|$)/.test(type);

/** Whether a descriptor is for this type, by XState's rules: `*` is for all, `a.*` for `a` and what begins with `a.`. */
export const describes = (descriptor: string, type: string): boolean => {
  if (descriptor === type || descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  const prefix = descriptor.slice(0, -2);
  return type === prefix || type.startsWith(`${prefix}.`);
};

/** Throws `InvalidEventError` unless an event is of one of these types (`null`: any) and none of XState's own. */
export const assertLetIn = (event: unknown, descriptors: readonly string[] | null): void => {
  const type: unknown =
    typeof event === 'object' && event !== null && 'type' in event ? event.type : null;
  if (typeof type === 'string' && !isInternal(type)) {
    if (descriptors === null || descriptors.some((one) => describes(one, type))) return;
  }
  const none = descriptors?.length === 0 ? ['none'] : descriptors;
  throw new InvalidEventError(event, none ?? ["all but XState's own"]);
};
