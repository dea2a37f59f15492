import type { SessionRecord } from '../store/contract.ts';
import { ownKey } from './admission/key-index.ts';
import type { SessionHost } from './host.ts';
import { lastActivityAt } from './liveness/filing.ts';
import { shownReason, type Viewer } from './residency/readable.ts';
import { type Reading, read } from './residency/reading.ts';
import { storedState } from './residency/stored-host.ts';
import type { RuntimeContext } from './runtime-context.ts';
import type { Client, McpServerSpec, SessionInfo } from './session.ts';

/** A session in memory, as plain data: what the session plane shows of it. */
export const describeHost = (
  context: RuntimeContext,
  host: SessionHost,
  viewer: Viewer,
): SessionInfo => {
  const { record } = host;
  if (record !== null && host.isAway) {
    const { residency, contact, shown } = host;
    const { presences } = contact;
    // What has ended needs nothing to go on from.
    const unreadable = host.shown === 'terminated' ? null : host.unreadable;
    return { ...described({ record, unreadable }, viewer), residency, presences, state: shown };
  }
  const ended = host.shown === 'terminated';
  return {
    id: host.id,
    principal: host.principal,
    state: host.shown,
    residency: context.hosts.get(host.id) === host ? host.residency : 'stored',
    client: host.client,
    metadata: host.metadata,
    mcpServers: host.mcpServers,
    key: ownKey(host.key),
    behaviour: host.behaviour?.name ?? record?.session.behaviour ?? null,
    createdAt: host.createdAt,
    lastActivityAt: lastActivityAt(context, host),
    expiresAt: host.expiresAt,
    inFlight: host.inFlight,
    presences: host.contact.presences,
    endedAt: ended ? host.endedAt : null,
    reason: ended ? host.reason : null,
    unreadable: null,
  };
};

/** A stored session, as plain data. */
export const describeRecord = (
  context: RuntimeContext,
  record: SessionRecord,
  viewer: Viewer,
): SessionInfo => ({
  ...described(read(context, record), viewer),
  presences: context.away.contact(record.id)?.presences ?? 0,
});

/** A stored session that was read, as plain data. */
export const described = ({ record, unreadable }: Reading, viewer: Viewer): SessionInfo => {
  const { session } = record;
  return {
    id: record.id,
    principal: record.principal,
    state: storedState(record.state),
    residency: 'stored',
    client: session.client as Client | null, // Written by us, from a client that was checked.
    metadata: session.metadata,
    mcpServers: session.mcpServers as readonly McpServerSpec[], // Likewise.
    key: ownKey(record.key),
    behaviour: session.behaviour,
    createdAt: session.createdAt,
    lastActivityAt: session.lastActivityAt,
    expiresAt: session.expiresAt,
    inFlight: 0,
    presences: 0,
    endedAt: session.endedAt,
    reason: session.reason,
    unreadable: shownReason(unreadable, viewer),
  };
};
