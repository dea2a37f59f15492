import { contained } from '../../errors/contained.ts';
import type { RuntimeLifecycleEvent } from '../../observe/events.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';

type Unstamped<E> = E extends RuntimeLifecycleEvent ? Omit<E, 'at'> : never;

/** What an error is about, for the `onError` hook. */
interface About {
  readonly host: SessionHost | null;
  readonly where: string;
}

/** Tells what the runtime says about itself. An error is told to the `onError` hook too. */
export const announce = (
  context: RuntimeContext,
  event: Unstamped<RuntimeLifecycleEvent>,
  about?: About,
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
  if (event.type !== 'runtime.error') return;
  callOnError(context, event.error, about ?? { host: null, where: event.where });
  if (context.listeners.length === 0 && !context.application.hooks.onError)
    warnOnce(context, event);
};

/**
 * An error nobody hears of would look as if nothing had happened: the first one of a runtime is a warning of the process.
 * It says where, and what was thrown in one line.
 */
const warnOnce = (
  context: RuntimeContext,
  { where, error }: { readonly where: string; readonly error: unknown },
): void => {
  if (context.warned) return;
  context.warned = true;
  process.emitWarning(
    `${where}: ${String(error)}. Nobody hears of such errors: use runtime.subscribe or the onError hook. ` +
      'Further ones of this runtime are not printed.',
    { type: 'HoldfastWarning', code: 'HOLDFAST_UNHEARD' },
  );
};

/** The hook that hears of errors. What it makes of one stops nothing, and is told no further. */
const callOnError = (context: RuntimeContext, error: unknown, { host, where }: About): void => {
  const { onError } = context.application.hooks;
  if (onError === undefined) return;
  const session = host === null ? null : context.reference(host);
  // A microtask later: it is never called in the middle of what failed.
  Promise.resolve()
    .then(() => onError(error, { session, where }))
    .catch(() => undefined);
};
