import { type Snapshot, type SnapshotFrom, transition } from 'xstate';
import type { EndReason } from '../../machines/index.ts';
import {
  type SessionInput,
  type SessionMachine,
  type SessionState,
  sessionMachine,
} from '../../machines/index.ts';
import { arrives, type SessionActor } from './session-actor.ts';

/** Where a session's chart stands. */
export interface ChartPosition extends SessionInput {
  readonly state: SessionState;
  readonly reason: EndReason | null;
}

/** What an actor can be started from, to stand at that place. */
export const persistedAt = (position: ChartPosition): Snapshot<unknown> =>
  sessionMachine.getPersistedSnapshot(chartAt(position));

/** The snapshot of a session's chart at that place. */
const chartAt = ({ state, ...context }: ChartPosition): SnapshotFrom<SessionMachine> =>
  sessionMachine.resolveState({ value: state, context });

/**
 * The chart of a session that is not in memory. It moves as the chart does, so that a session can be ended without an
 * actor, a place in the registry or a slot; it runs nothing, and tells nobody.
 */
export const absentActor = (position: ChartPosition): SessionActor =>
  // What is asked of a session's actor is here; the rest of XState's interface belongs to those that run.
  new AbsentActor(position) as unknown as SessionActor;

class AbsentActor {
  readonly id: string;
  #snapshot: SnapshotFrom<SessionMachine>;

  constructor(position: ChartPosition) {
    this.id = position.id;
    this.#snapshot = chartAt(position);
  }

  getSnapshot(): SnapshotFrom<SessionMachine> {
    return this.#snapshot;
  }

  send(event: Parameters<SessionActor['send']>[0]): void {
    arrives(event);
    const [next] = transition(sessionMachine, this.#snapshot, event);
    this.#snapshot = next;
  }

  subscribe(): { unsubscribe(): void } {
    return { unsubscribe: () => undefined };
  }
}
