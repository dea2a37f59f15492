import type { AnyActorLogic } from 'xstate';
import { InvalidEventError } from '../errors.ts';

/**
 * The type of the event that a machine which handles it is sent when it goes on from a snapshot, with `from`. Nobody else
 * may send it.
 */
export const RESTORED = 'session.restored';

/**
 * Why a behaviour was restored. `hibernation`: its session was put away; `crash`: the process that hosted it is gone;
 * `failure`: it failed itself, and is restarted.
 */
export type RestoredFrom = 'hibernation' | 'crash' | 'failure';

/**
 * The event types a logic knows, as descriptors (`order.placed`, `order.*`, `*`); `null` where it does not say. Those
 * that do not come from outside are left out.
 */
export const knownEvents = (logic: AnyActorLogic): readonly string[] | null =>
  descriptorsOf(logic)?.filter((descriptor) => !isInternal(descriptor)) ?? null;

const descriptorsOf = (logic: AnyActorLogic): readonly string[] | null => {
  // Only machines say. By their shape: a user's may come from another copy of XState.
  if (!('root' in logic && 'events' in logic && Array.isArray(logic.events))) return null;
  return logic.events.map(String);
};

/** Whether a logic is a machine that asks to be told that it was restored. A bare `*` does not: it knows of no such event. */
export const hearsRestored = (logic: AnyActorLogic): boolean =>
  descriptorsOf(logic)?.some((one) => one !== '*' && describes(one, RESTORED)) ?? false;

/**
 * Whether events of this type are made by XState or by the runtime, so that none comes from outside: XState trusts those
 * of its own types, whoever sent them, and a behaviour the one that says it was restored.
 */
export const isInternal = (type: string): boolean =>
  type === RESTORED || /^@?xstate(\.|$)/.test(type);

/** Whether a descriptor is for this type, by XState's rules: `*` is for all, `a.*` for `a` and what begins with `a.`. */
export const describes = (descriptor: string, type: string): boolean => {
  if (descriptor === type || descriptor === '*') return true;
  if (!descriptor.endsWith('.*')) return false;
  const prefix = descriptor.slice(0, -2);
  return type === prefix || type.startsWith(`${prefix}.`);
};

/** Throws `InvalidEventError` unless an event is of one of these types (`null`: any) and may come from outside. */
export const assertLetIn = (event: unknown, descriptors: readonly string[] | null): void => {
  const type: unknown =
    typeof event === 'object' && event !== null && 'type' in event ? event.type : null;
  if (typeof type === 'string' && !isInternal(type)) {
    if (descriptors === null || descriptors.some((one) => describes(one, type))) return;
  }
  const none = descriptors?.length === 0 ? ['none'] : descriptors;
  throw new InvalidEventError(event, none ?? [`all but ${RESTORED} and XState's own`]);
};
