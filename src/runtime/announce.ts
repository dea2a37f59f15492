import { contained } from '../contained.ts';
import type { RuntimeLifecycleEvent } from '../observe/events.ts';
import type { RuntimeContext } from './runtime-context.ts';

type Unstamped<E> = E extends RuntimeLifecycleEvent ? Omit<E, 'at'> : never;

/** Tells what the runtime says about itself. */
export const announce = (
  context: RuntimeContext,
  event: Unstamped<RuntimeLifecycleEvent>,
): void => {
  const full: RuntimeLifecycleEvent = { ...event, at: context.clock.wall() };
  context.recent.add(full);
  for (const listener of context.listeners) {
    contained(
      () => listener(full),
      (error) => {
        // A listener that throws on the report of a throwing listener has had its say.
        if (event.type === 'runtime.error') return;
        announce(context, { type: 'runtime.error', where: `a listener of ${event.type}`, error });
      },
    );
  }
};
