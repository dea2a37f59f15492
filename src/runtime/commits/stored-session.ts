import type { StoredSession, UnfinishedOperation } from '../../store/contract.ts';
import type { SessionHost } from '../host.ts';
import { wallOf } from '../residency/stored-due.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** The record as it will be with so much more in its journal; also what `create` writes first. */
export const storedSession = (
  context: RuntimeContext,
  host: SessionHost,
  appendedBytes = 0,
): StoredSession => ({
  createdAt: host.createdAt,
  expiresAt: host.expiresAt,
  lastActivityAt: wallOf(context, host.quietSince),
  lastSignAt: wallOf(context, host.lastSign),
  provenAt: Number.isFinite(host.provenAt) ? wallOf(context, host.provenAt) : null,
  beats: host.beats,
  // After a crash they are watched from the wake on, whatever is recorded before it.
  watched: host.watched || (host.isAway && host.record?.session.watched === true),
  pausedAt: host.state === 'paused' ? host.pausedAt : null,
  eventSeq: toldBy(host),
  operations: unfinishedOperations(host),
  ...putAway(host),
  endedAt: host.endedAt,
  reason: host.reason,
  client: host.client === null ? null : { ...host.client },
  metadata: host.metadata,
  mcpServers: host.mcpServers,
  data: host.data,
  frontEnds: host.frontEnds,
  // Where this process cannot read it, there is none here: it has its name all the same.
  behaviour: host.behaviour?.name ?? host.record?.session.behaviour ?? null,
  journal: { first: host.journalFirst, bytes: host.journalBytes + appendedBytes },
});

/** Those whose start is in the journal, or comes there with this commit. */
const unfinishedOperations = ({
  work,
  unfinished,
}: SessionHost): readonly UnfinishedOperation[] => {
  const running = (work?.list() ?? [])
    .filter(({ durable, state }) => durable && state === 'running')
    .map(({ id, name, startedSeq = null }) => ({ operation: id, name, seq: startedSeq }));
  return [...unfinished, ...running];
};

/**
 * The number of the last event told once this is recorded: with what waits for it, and that the session is put away. What
 * is told after that and needs no commit is not counted: after a crash those numbers come again.
 */
const toldBy = ({ contact, untold, residency, nextId }: SessionHost): number =>
  contact.seq + untold.size + (nextId === null ? 0 : 1) + (residency === 'hibernating' ? 1 : 0);

/** What is recorded of a stored session changes nothing about how it came to be stored. */
const putAway = (host: SessionHost): Pick<StoredSession, 'putAway' | 'heardAway'> => {
  if (host.residency === 'resident' || host.reason !== null) return {};
  if (!host.isAway || host.record?.session.putAway === true) return { putAway: true };
  return host.watched ? { heardAway: true } : {};
};
