import type { SessionState } from '../../machines/index.ts';
import type { SessionHost } from './host.ts';

/** The idle sessions, in the order in which they became idle. */
export class IdleSessions {
  /** The session plane shows it in this state now. */
  shown(_host: SessionHost, _state: SessionState): void {}

  /** It is no candidate any more: its end has begun, or it was let go. */
  remove(_host: SessionHost): void {}
}
