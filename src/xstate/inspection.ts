import type { InspectionEvent, Observer } from 'xstate';
import { contained } from '../errors/contained.ts';

/** Something that hears XState's inspection events. */
export type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/**
 * The same inspector, unable to do harm. XState calls inspectors in the middle of an actor's transition and
 * does not catch what they throw: the actor would fail, or never process an event again.
 */
export const containInspector = (
  inspector: Inspector,
  onError: (error: unknown) => void,
): Observer<InspectionEvent> => ({
  next: (event) => {
    contained(
      () => (typeof inspector === 'function' ? inspector(event) : inspector.next?.(event)),
      onError,
    );
  },
});
