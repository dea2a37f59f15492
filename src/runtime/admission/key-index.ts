import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** The session of a key, made or being made. */
export interface KeyedEntry {
  readonly made: Promise<SessionHost>;
  /** The session, once it is made. */
  host: SessionHost | null;
}

/** The name of a principal's key in the index. JSON, so that no two pairs have one name. */
export const keyName = (principal: string | null, key: string): string =>
  JSON.stringify([principal, key]);

/** Takes the key of a session that is gone out of the index, unless it is another's by now. */
export const forgetKey = (context: RuntimeContext, host: SessionHost): void => {
  if (host.key === null) return;
  const name = keyName(host.principal, host.key);
  if (context.keyed.get(name)?.host === host) context.keyed.delete(name);
};

/** Enters the key of a session that is in memory again, unless somebody is just asking for it. */
export const listKey = (context: RuntimeContext, host: SessionHost): void => {
  if (host.key === null) return;
  const name = keyName(host.principal, host.key);
  if (!context.keyed.has(name)) context.keyed.set(name, { made: Promise.resolve(host), host });
};

/** The owner's own key, out of the one it is stored under; `null` where it has none. */
export const ownKey = (stored: string | null): string | null =>
  stored?.startsWith(KEY) === true ? stored.slice(KEY.length) : null;

const KEY = 'key:';
const ONCE = 'once:';

/** What a session is stored under that was made by `getOrCreate`. */
export const storedKey = (key: string): string => `${KEY}${key}`;

/** What a session is stored under that was made by `create` with an idempotency key. */
export const storedOnce = (key: string): string => `${ONCE}${key}`;
