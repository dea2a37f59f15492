/** The limits of a session's silence and age. `Infinity` or `'off'` for none; 0, negative and NaN are refused. */
export interface DeadlineOptions {
  /** Quiet for this long: `active → idle`. ms, default 2 min. */
  readonly idleAfterMs?: number | 'off';
  /** Quiet for this long: ended with `idle-timeout`. ms, default 30 min; 24 h with a durable store. */
  readonly idleTimeoutMs?: number | 'off';
  /** How often a client that beats should beat. ms, default 30 s. */
  readonly heartbeatIntervalMs?: number | 'off';
  /** So many intervals without a sign of life: ended with `heartbeat-lost`. At least 1, default 3. */
  readonly heartbeatMissed?: number;
  /** Paused for this long: ended with `paused-timeout`. Wall ms, default 4 h. */
  readonly pausedTimeoutMs?: number | 'off';
  /** As old as this: ended with `max-lifetime`. Wall ms, default 8 h; 7 d with a durable store. */
  readonly maxLifetimeMs?: number | 'off';
}
