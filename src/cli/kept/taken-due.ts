import type { SessionState } from '../../../machines/index.ts';
import { LIMITS } from '../../limits.ts';
import type { StoredDeadline, StoredSession } from '../../store/contract.ts';
import type { Envelope } from '../../store/envelope/envelope.ts';
import { Unsound } from './unsound.ts';

/** What of a record says when something of it is due. In the present shape. */
export interface DueFacts {
  readonly state: SessionState;
  readonly due: StoredDeadline | null;
  readonly session: Pick<StoredSession, 'createdAt' | 'expiresAt' | 'endedAt'>;
  readonly snapshot: Pick<Envelope, 'status' | 'timers'> | null;
}

/**
 * The deadline of a record that is taken in: never later than what the record itself says, so that the sweep finds it.
 * Throws `Unsound` for a deadline by which a session that goes on would be taken for one that does not.
 */
export const takenDue = (facts: DueFacts): StoredDeadline | null => {
  const { state, due, session } = facts;
  switch (state) {
    case 'terminated':
      if (due?.deadline === 'tombstone') return due;
      return { at: (session.endedAt ?? 0) + LIMITS.tombstoneMs, deadline: 'tombstone' };
    case 'initializing':
    case 'terminating':
      assertNone(facts, ['tombstone']);
      return { at: session.endedAt ?? session.createdAt, deadline: 'unfinished' };
    default:
      assertNone(facts, ['tombstone', 'unfinished']);
      return earliest([...(due === null ? [] : [due]), ...ofLiving(facts)]);
  }
};

const assertNone = ({ state, due }: DueFacts, not: readonly StoredDeadline['deadline'][]): void => {
  if (due === null || !not.includes(due.deadline)) return;
  throw new Unsound(`has a session that is ${state}, and whose deadline is ${due.deadline}.`);
};

/** What the record says besides its deadline. How long a session may be silent is a setting of its server. */
const ofLiving = ({ session, snapshot }: DueFacts): readonly StoredDeadline[] => [
  ...(session.expiresAt === null
    ? []
    : [{ at: session.expiresAt, deadline: 'maxLifetime' } as const]),
  ...(snapshot?.status === 'running'
    ? snapshot.timers.map(({ at }) => ({ at, deadline: 'delay' }) as const)
    : []),
];

const earliest = (dues: readonly StoredDeadline[]): StoredDeadline | null =>
  dues.reduce<StoredDeadline | null>(
    (first, due) => (first === null || due.at < first.at ? due : first),
    null,
  );
