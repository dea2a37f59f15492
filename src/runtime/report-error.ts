import { announce } from './announce.ts';
import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/**
 * Tells that something of the application failed: as `runtime.error`, and to the `onError` hook. What that hook makes
 * of it stops nothing, and is told no further.
 */
export const reportError = (
  context: RuntimeContext,
  host: SessionHost | null,
  where: string,
  error: unknown,
): void => {
  announce(context, {
    type: 'runtime.error',
    where: host === null ? where : `${where} of ${host.id}`,
    error,
  });
  const { onError } = context.application.hooks;
  if (onError === undefined) return;
  const session = host === null ? null : context.reference(host);
  Promise.resolve()
    .then(() => onError(error, { session, where }))
    .catch(() => undefined);
};
