import type { SessionHost } from '../host.ts';

/**
 * The sessions that are known here and not in memory. A reference is good for the whole life of its session, and two of
 * one session must lead to the same place when it is woken. So what is left of a session while it is stored is kept: for
 * as long as somebody has a reference to it, or is to be told of it. One that nobody has costs nothing.
 */
export class Away {
  readonly #known = new Map<string, WeakRef<SessionHost>>();
  readonly #held = new Set<SessionHost>();
  readonly #collected = new FinalizationRegistry<string>((id) => {
    if (this.#known.get(id)?.deref() === undefined) this.#known.delete(id);
  });

  get(id: string): SessionHost | undefined {
    return this.#known.get(id)?.deref();
  }

  /** It is not in memory from now on. */
  put(host: SessionHost): void {
    this.#known.set(host.id, new WeakRef(host));
    this.#collected.register(host, host.id, host);
    this.review(host);
  }

  /** Somebody began or ceased to wait to be told something of it. Without effect on one in memory. */
  review(host: SessionHost): void {
    if (this.get(host.id) !== host) return;
    if (isAwaited(host)) this.#held.add(host);
    else this.#held.delete(host);
  }

  /** It is in memory again, or over. */
  delete(host: SessionHost): void {
    if (this.get(host.id) !== host) return;
    this.#known.delete(host.id);
    this.#held.delete(host);
    this.#collected.unregister(host);
  }

  /** Those that are filed in the wheel: a deadline of theirs is due before the next sweep. O(known). */
  filed(): SessionHost[] {
    const hosts = [...this.#known.values()].map((known) => known.deref());
    return hosts.filter((host) => host !== undefined).filter(({ bucket }) => bucket !== null);
  }

  /** Those of which something was heard that no record has. O(those that are held). */
  unrecorded(): SessionHost[] {
    return [...this.#held].filter(isUnrecorded);
  }

  /** Those that are kept whether somebody has a reference or not. */
  get held(): number {
    return this.#held.size;
  }

  /** Likewise: for who looks at what is held. */
  list(): readonly SessionHost[] {
    return [...this.#held];
  }
}

/** Whether somebody is to be told of it, or it has heard something that is not recorded. */
const isAwaited = (host: SessionHost): boolean =>
  host.listeners.length > 0 ||
  host.stateWaiters !== null ||
  host.presences > 0 ||
  host.ending !== null ||
  isUnrecorded(host) ||
  host.behaviour?.watched === true;

/** A sign of life came, or it has told of itself what its record does not count. */
const isUnrecorded = ({ signedAway, seq, record }: SessionHost): boolean =>
  signedAway || seq > (record?.session.eventSeq ?? 0);
