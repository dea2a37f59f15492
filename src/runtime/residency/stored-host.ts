import type { SessionState } from '../../../machines/index.ts';
import type { SessionRecord } from '../../store/contract.ts';
import { absentActor } from '../../xstate/absent-actor.ts';
import { supervise } from '../behaviour/supervision.ts';
import { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Client, McpServerSpec } from '../session.ts';
import { keptBehaviour, type Reading, read } from './reading.ts';
import { readToClaim } from './restorable.ts';
import { countsSilence } from './stored-due.ts';

/** What stands for a session that is stored: what is known of it here already, or made from its record. */
export const storedHost = (context: RuntimeContext, stored: SessionRecord): SessionHost => {
  const known = context.away.get(stored.id);
  if (known !== undefined) return known;
  const reading = read(context, stored);
  const { record } = reading;
  const { session } = record;
  const host = new SessionHost({
    id: record.id,
    principal: record.principal,
    key: record.key,
    client: session.client as Client | null, // Written by us, from a client that was checked.
    metadata: session.metadata,
    mcpServers: session.mcpServers as readonly McpServerSpec[], // Likewise.
    createdAt: session.createdAt,
    expiresAt: session.expiresAt,
    beats: session.beats,
    actor: absentActor(positionOf(record)),
    mono: Number.NEGATIVE_INFINITY,
    contact: context.away.contact(record.id),
  });
  host.made = true;
  host.residency = 'stored';
  host.watched = false;
  take(context, host, reading);
  context.away.put(host);
  return host;
};

/**
 * Brings what is known of a stored session up to its record. Its numbers are the record's, whether it was known here or
 * not, so that nothing depends on who has a reference to it; only signs of life that came since count too. Returns the
 * record in the present shape.
 */
export const refresh = (
  context: RuntimeContext,
  host: SessionHost,
  stored: SessionRecord,
): SessionRecord => take(context, host, read(context, stored));

/** The same, and tries whether its behaviour can be restored: for whoever is to claim it. */
export const refreshToClaim = (
  context: RuntimeContext,
  host: SessionHost,
  stored: SessionRecord,
): SessionRecord => take(context, host, readToClaim(context, host, stored));

const take = (
  context: RuntimeContext,
  host: SessionHost,
  { record, unreadable }: Reading,
): SessionRecord => {
  const { session } = record;
  const { clock } = context;
  const { contact } = host;
  const onMono = (wall: number): number => clock.mono() + (wall - clock.wall());
  host.record = record;
  host.unreadable = unreadable;
  host.actor = absentActor(positionOf(record));
  host.quietSince = Math.max(host.quietSince, onMono(session.lastActivityAt));
  contact.lastSign = Math.max(contact.lastSign, onMono(session.lastSignAt));
  if (session.provenAt !== null) {
    contact.provenAt = Math.max(contact.provenAt, onMono(session.provenAt));
  }
  // After a crash nobody knows of the beats that its process heard: they are watched from the wake on.
  if (countsSilence(session)) host.watched ||= session.watched;
  host.pausedAt = session.pausedAt ?? 0;
  contact.seq = Math.max(contact.seq, session.eventSeq);
  host.unfinished = session.operations;
  host.data = session.data;
  host.shownData = session.data;
  host.frontEnds = session.frontEnds;
  host.journalBytes = session.journal.bytes;
  host.journalFirst = session.journal.first;
  host.endedAt = session.endedAt;
  host.shown = storedState(record.state);
  host.behaviour = unreadable === null ? behaviourOf(context, host, record) : null;
  return record;
};

/** In which state a session is that nobody hosts: nobody knows of an activity since the record was written. */
export const storedState = (state: SessionState): SessionState =>
  state === 'active' ? 'idle' : state;

const positionOf = ({ id, principal, state, session }: SessionRecord) => ({
  id,
  principal,
  expiresAt: session.expiresAt,
  state: storedState(state),
  reason: session.reason,
});

/** Its behaviour, put away; what is known of it already, where there is any. */
const behaviourOf = (context: RuntimeContext, host: SessionHost, record: SessionRecord) => {
  if (host.behaviour !== null) return host.behaviour;
  const { behaviour: name } = record.session;
  // Of one that has ended, what it was is not asked.
  if (name === null || !Object.hasOwn(context.application.behaviours, name)) return null;
  const kept = keptBehaviour(record);
  const behaviour = supervise(context, host, name, kept?.input);
  behaviour?.putAway(kept ?? undefined);
  return behaviour;
};
