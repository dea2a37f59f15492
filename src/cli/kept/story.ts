import type { EndReason, SessionState } from '../../../machines/index.ts';
import type { OperationOutcome } from '../../observe/events.ts';
import { ownKey } from '../../runtime/admission/key-index.ts';
import { isMessageEntry } from '../../runtime/conversation/journal-entries.ts';
import { storedState } from '../../runtime/residency/stored-host.ts';
import { isOperationEntry } from '../../runtime/work/operation-entries.ts';
import type { JournalEntry, SessionRecord, StoredDeadline } from '../../store/contract.ts';
import { isEnvelope } from '../../store/envelope/envelope.ts';
import { readRecord } from '../../store/envelope/read-record.ts';
import { isSoundEntry } from './sound-entry.ts';

/** What the folder says of its server. */
export interface ServerSigns {
  /** Wall time at which one was last alive; `null`: none ever was. */
  readonly aliveAt: number | null;
  /** Whether a process has the folder now; `null`: that cannot be seen. */
  readonly isHeld: boolean | null;
}

/** A server notes once a second that it lives: later than this, none does, or it is held up, ms. */
const ALIVE_MS = 5_000;

/** Something that happened to a session, without what was said in it. */
export type Happening =
  | {
      readonly kind: 'messages';
      /** Wall times of the first and the last of a row of messages. */
      readonly at: number;
      until: number;
      readonly roles: Record<string, number>;
    }
  | {
      readonly kind: 'operation';
      readonly at: number;
      readonly phase: 'started' | 'finished' | 'interrupted';
      readonly operation: string;
      readonly name: string;
      readonly outcome?: OperationOutcome;
    };

/**
 * Where a session is: `resident` in the memory of the server that lives, `stored` in the folder only, `left` by a server that
 * had it in memory and is gone without having put it away.
 */
export type Place = 'resident' | 'stored' | 'left';

/** The story of one session, as plain data: no content of a message, no data, no metadata, no result. */
export interface Story {
  readonly id: string;
  /** Why its record cannot be read by this version; `null`: it can. Where it cannot, the rest says little. */
  readonly unreadable: string | null;
  readonly principal: string | null;
  readonly key: string | null;
  readonly client: { readonly name: string; readonly version: string } | null;
  readonly behaviour: string | null;
  /** The version of its behaviour that stored it; `null`: nothing of one is stored. */
  readonly behaviourVersion: number | null;
  readonly state: SessionState;
  readonly place: Place;
  /** Wall time at which a server of this folder was last alive; `null`: never. */
  readonly serverAliveAt: number | null;
  /** Whether a process has the folder: a server, most likely. `null`: that cannot be seen. */
  readonly folderHeld: boolean | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastActivityAt: number;
  readonly pausedAt: number | null;
  readonly endedAt: number | null;
  readonly reason: EndReason | null;
  /** What is due next by its record. */
  readonly due: StoredDeadline | null;
  readonly journal: {
    /** The number of the first entry that is kept. */
    readonly first: number;
    readonly entries: number;
    readonly bytes: number;
    readonly messages: number;
    readonly byRole: Readonly<Record<string, number>>;
  };
  /** Operations that were running when the record was written. */
  readonly unfinished: readonly { readonly operation: string; readonly name: string }[];
  /** Oldest first. */
  readonly happenings: readonly Happening[];
}

/** Makes the story of a session out of what is kept of it. `now` is wall time. */
export const storyOf = (
  stored: SessionRecord,
  entries: Iterable<JournalEntry>,
  signs: ServerSigns,
  now: number,
): Story => {
  const { record, unreadable } = readRecord(stored);
  const { session } = record;
  const { happenings, byRole, count } = happeningsIn(entries);
  const place = placeOf(record, signs, now);
  return {
    id: record.id,
    unreadable,
    principal: record.principal,
    key: ownKey(record.key),
    client: clientOf(session.client),
    behaviour: session.behaviour,
    behaviourVersion: isEnvelope(record.snapshot) ? record.snapshot.machineVersion : null,
    state: place === 'resident' ? record.state : storedState(record.state),
    place,
    serverAliveAt: signs.aliveAt,
    folderHeld: signs.isHeld,
    createdAt: session.createdAt,
    expiresAt: session.expiresAt,
    lastActivityAt: session.lastActivityAt,
    pausedAt: session.pausedAt,
    endedAt: session.endedAt,
    reason: session.reason,
    due: record.due,
    journal: {
      first: session.journal.first,
      entries: count,
      bytes: session.journal.bytes,
      messages: Object.values(byRole).reduce((sum, n) => sum + n, 0),
      byRole,
    },
    unfinished: session.operations.map(({ operation, name }) => ({ operation, name })),
    happenings,
  };
};

const placeOf = (
  { owner, state }: SessionRecord,
  { aliveAt, isHeld }: ServerSigns,
  now: number,
): Place => {
  if (owner === null || state === 'terminated') return 'stored';
  // One that was killed noted a moment ago that it lives.
  if (isHeld === false) return 'left';
  return aliveAt !== null && now - aliveAt <= ALIVE_MS ? 'resident' : 'left';
};

const clientOf = (client: Readonly<Record<string, unknown>> | null): Story['client'] =>
  client === null ? null : { name: textOf(client['name']), version: textOf(client['version']) };

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '?');

const happeningsIn = (entries: Iterable<JournalEntry>) => {
  const happenings: Happening[] = [];
  const byRole: Record<string, number> = {};
  let count = 0;
  for (const { data } of entries) {
    count += 1;
    if (!isSoundEntry(data)) continue;
    if (isOperationEntry(data)) {
      const { at, phase, operation, name } = data;
      const outcome = data.phase === 'finished' ? { outcome: data.outcome } : {};
      happenings.push({ kind: 'operation', at, phase, operation, name, ...outcome });
    } else if (isMessageEntry(data)) {
      const { at, role } = data;
      byRole[role] = (byRole[role] ?? 0) + 1;
      const last = happenings.at(-1);
      if (last?.kind === 'messages') {
        last.roles[role] = (last.roles[role] ?? 0) + 1;
        last.until = at;
      } else happenings.push({ kind: 'messages', at, until: at, roles: { [role]: 1 } });
    }
  }
  return { happenings, byRole, count };
};
