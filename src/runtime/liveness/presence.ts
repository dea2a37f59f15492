import type { SessionHost } from '../host.ts';
import { assertOpen } from '../lifecycle/lifecycle.ts';
import { tell, tellOf } from '../plane/plane.ts';
import type { Contact } from '../residency/contact.ts';
import { rest } from '../residency/hibernate.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** A stream or socket of the client came. Returns what to call when it goes; twice is once. See `Session.attach`. */
export const attach = (
  context: RuntimeContext,
  host: SessionHost,
  resident: boolean,
): (() => void) => {
  assertOpen(host);
  const { contact } = host;
  contact.presences += 1;
  if (resident) contact.residents += 1;
  const { presences } = contact;
  // No record counts what is told of a stored one.
  if (host.isAway) contact.unrecorded = true;
  tell(context, host, { type: 'session.attached', presences }, false);
  context.away.review(host);
  return detacher(context, contact, resident);
};

/** It has the contact, and no host: that goes while the session is stored, and what is woken is another one. */
const detacher = (context: RuntimeContext, contact: Contact, resident: boolean): (() => void) => {
  let here = true;
  return () => {
    if (!here) return;
    here = false;
    detach(context, contact, resident);
  };
};

const detach = (context: RuntimeContext, contact: Contact, resident: boolean): void => {
  contact.presences -= 1;
  if (resident) contact.residents -= 1;
  const event = { type: 'session.detached', presences: contact.presences } as const;
  const host = hostOf(context, contact);
  if (host === null) {
    // One that is over has no contact here any more: nothing is told of it.
    if (context.away.contact(contact.id) !== contact) return;
    contact.unrecorded = true;
    tellOf(context, contact, event);
    context.away.reviewContact(contact);
    return;
  }
  // After the last one that kept it in memory it rests from now on.
  if (resident && contact.residents === 0 && !host.isAway) rest(context, host);
  if (host.reason === null && !host.released) {
    if (host.isAway) contact.unrecorded = true;
    tell(context, host, event, false);
  }
  context.away.review(host);
};

/** What stands for its session here, in memory or not; `null`: nothing does. */
const hostOf = ({ hosts, away }: RuntimeContext, contact: Contact): SessionHost | null => {
  const host = hosts.get(contact.id) ?? away.get(contact.id);
  return host?.contact === contact ? host : null;
};
