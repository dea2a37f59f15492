import { InvalidOptionError } from '../../errors.ts';
import type { Unsubscribe } from '../../observe/events.ts';
import type { SessionHost } from '../host.ts';
import { assertOpen } from '../lifecycle/lifecycle.ts';
import type { Collector } from './collectors.ts';

/** Has `collect` called when the session is put away, in place of the one before of that name. See `FrontEndNotes.atRest`. */
export const collectAtRest = (
  host: SessionHost,
  name: string,
  collect: () => unknown,
): Unsubscribe => {
  if (typeof collect !== 'function') {
    throw new InvalidOptionError('collect', collect, 'a function');
  }
  assertOpen(host);
  host.collectors ??= new Map();
  const before = host.collectors.get(name);
  if (before !== undefined) before.host = null;
  const collector: Collector = { host, collect };
  host.collectors.set(name, collector);
  return () => {
    collector.host?.collectors?.delete(name);
    collector.host = null;
  };
};
