import type { SessionHost } from '../host.ts';
import type { Contact } from './contact.ts';

/**
 * The sessions that are known here and not in memory. A reference is good for the whole life of its session, and two of
 * one session must lead to the same place when it is woken. So what is left of a session while it is stored is kept: for
 * as long as somebody has a reference to it, or is to be told of it. Of one that only has a stream, or was heard of, its
 * contact stays; one that nobody has costs nothing.
 */
export class Away {
  readonly #known = new Map<string, WeakRef<SessionHost>>();
  readonly #held = new Set<SessionHost>();
  readonly #contacts = new Map<string, Contact>();
  readonly #collected = new FinalizationRegistry<string>((id) => {
    if (this.#known.get(id)?.deref() === undefined) this.#known.delete(id);
  });

  get(id: string): SessionHost | undefined {
    return this.#known.get(id)?.deref();
  }

  /** The contact that stays of a stored session; `undefined`: nothing has to. */
  contact(id: string): Contact | undefined {
    return this.#contacts.get(id);
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
    this.reviewContact(host.contact);
  }

  /** A stream of a stored session came or went, or something was heard of it. */
  reviewContact(contact: Contact): void {
    if (contact.presences > 0 || contact.unrecorded) this.#contacts.set(contact.id, contact);
    else this.#contacts.delete(contact.id);
  }

  /** It is in memory again, or over. */
  delete(host: SessionHost): void {
    if (this.get(host.id) !== host) return;
    this.#known.delete(host.id);
    this.#held.delete(host);
    this.#contacts.delete(host.id);
    this.#collected.unregister(host);
  }

  /** Nobody has the session of that contact any more. */
  forget({ id }: Contact): void {
    this.#contacts.delete(id);
  }

  /** Those that are filed in the wheel: a deadline of theirs is due before the next sweep. O(known). */
  filed(): SessionHost[] {
    const hosts = [...this.#known.values()].map((known) => known.deref());
    return hosts.filter((host) => host !== undefined).filter(({ bucket }) => bucket !== null);
  }

  /** Those of which something was heard that no record has. O(contacts). */
  unrecorded(): Contact[] {
    return [...this.#contacts.values()].filter(({ unrecorded }) => unrecorded);
  }

  /** Those that are kept whether somebody has a reference or not. */
  get held(): number {
    return this.#held.size;
  }

  /** Those of which a contact stays. */
  get inContact(): number {
    return this.#contacts.size;
  }

  /** Those that are held, for who looks at what is. */
  list(): readonly SessionHost[] {
    return [...this.#held];
  }

  /** The contacts that stay, likewise. */
  contacts(): readonly Contact[] {
    return [...this.#contacts.values()];
  }
}

/** Whether somebody is to be told of it. */
const isAwaited = (host: SessionHost): boolean =>
  host.listeners.length > 0 ||
  host.stateWaiters !== null ||
  host.ending !== null ||
  host.behaviour?.watched === true;
