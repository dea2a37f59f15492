import type { StoredSession } from '../../store/contract.ts';
import type { SessionHost } from '../host.ts';
import { lastActivityAt } from '../liveness/filing.ts';
import type { RuntimeContext } from '../runtime-context.ts';

/** The record as it will be with so much more in its journal; also what `create` writes first. */
export const storedSession = (
  context: RuntimeContext,
  host: SessionHost,
  appendedBytes = 0,
): StoredSession => ({
  createdAt: host.createdAt,
  expiresAt: host.expiresAt,
  lastActivityAt: lastActivityAt(context, host),
  endedAt: host.endedAt,
  reason: host.reason,
  client: host.client === null ? null : { ...host.client },
  metadata: host.metadata,
  mcpServers: host.mcpServers,
  data: host.data,
  behaviour: host.behaviour?.name ?? null,
  journal: { first: host.journalFirst, bytes: host.journalBytes + appendedBytes },
});
