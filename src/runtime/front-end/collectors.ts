import type { SessionHost } from '../host.ts';
import { reportError } from '../plane/report-error.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { checkedNote, withNote } from './notes.ts';

/** Who is asked what it keeps of a session, before that is put away. */
export interface Collector {
  /** `null` once it is over: whoever may end it holds nothing of the session then. */
  host: SessionHost | null;
  readonly collect: () => unknown;
}

/** The session is about to be put away: what its front-ends keep of it goes into the commit that comes next. */
export const collectNotes = (context: RuntimeContext, host: SessionHost): void => {
  for (const [name, { collect }] of host.collectors ?? []) {
    try {
      const value = collect();
      if (value === undefined) continue;
      host.frontEnds = withNote(host.frontEnds, name, checkedNote(value));
    } catch (error) {
      reportError(context, host, `what the front-end ${name} keeps`, error);
    }
  }
};

/** It has been put away, or is over. */
export const dropCollectors = (host: SessionHost): void => {
  for (const collector of host.collectors?.values() ?? []) collector.host = null;
  host.collectors = null;
};
