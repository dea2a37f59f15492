import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { announce } from './announce.ts';

/** Tells that something of a session failed: as `runtime.error`, and to the `onError` hook. */
export const reportError = (
  context: RuntimeContext,
  host: SessionHost,
  where: string,
  error: unknown,
): void => {
  const named = `${where} of ${host.id}`;
  announce(context, { type: 'runtime.error', where: named, error }, { host, where });
};
