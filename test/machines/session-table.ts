import fc from 'fast-check';
import {
  END_REASONS,
  type EndReason,
  type SessionEvent,
  type SessionState,
} from '../../machines/index.ts';

/** Wall time at which the lifetime of the sessions under test is over, ms. */
export const EXPIRES_AT = 1_000;

interface Row {
  readonly from: readonly SessionState[];
  readonly on: SessionEvent['type'];
  readonly when?: (event: SessionEvent, expiresAt: number | null) => boolean;
  readonly to: SessionState;
}

const over = (event: SessionEvent, expiresAt: number | null) =>
  event.type === 'session.due' &&
  event.deadline === 'maxLifetime' &&
  expiresAt !== null &&
  event.at >= expiresAt;

/** The table of the design, section 3, and what its section 4 says of deadlines, word for word. */
const TABLE: readonly Row[] = [
  { from: ['initializing'], on: 'session.ready', to: 'active' },
  { from: ['initializing'], on: 'session.failed', to: 'terminating' },
  { from: ['active'], on: 'session.activity', to: 'active' },
  {
    from: ['active'],
    on: 'session.quiet',
    when: (event) => event.type === 'session.quiet' && event.inFlight === 0,
    to: 'idle',
  },
  { from: ['idle'], on: 'session.activity', to: 'active' },
  { from: ['active', 'idle'], on: 'session.pause', to: 'paused' },
  {
    from: ['paused'],
    on: 'session.resume',
    when: (event, expiresAt) =>
      event.type === 'session.resume' && (expiresAt === null || event.at < expiresAt),
    to: 'active',
  },
  {
    from: ['initializing', 'active', 'idle', 'paused'],
    on: 'session.terminate',
    to: 'terminating',
  },
  {
    from: ['initializing', 'active', 'idle', 'paused'],
    on: 'session.due',
    when: over,
    to: 'terminating',
  },
  {
    from: ['active', 'idle'],
    on: 'session.due',
    when: (event) =>
      event.type === 'session.due' &&
      (event.deadline === 'idleTimeout' || event.deadline === 'heartbeat') &&
      event.inFlight === 0,
    to: 'terminating',
  },
  {
    from: ['paused'],
    on: 'session.due',
    when: (event) => event.type === 'session.due' && event.deadline === 'pausedTimeout',
    to: 'terminating',
  },
  { from: ['terminating'], on: 'session.cleaned', to: 'terminated' },
];

/** Where the table leads; `null` where it has no row. */
export const tableSays = (
  from: SessionState,
  event: SessionEvent,
  expiresAt: number | null,
): SessionState | null =>
  TABLE.find(
    (row) =>
      row.from.includes(from) && row.on === event.type && (row.when?.(event, expiresAt) ?? true),
  )?.to ?? null;

/** The reason an end that begins with this event has. */
export const reasonSaid = (event: SessionEvent): EndReason | null => {
  if (event.type === 'session.failed') return 'init-failed';
  if (event.type === 'session.terminate') return event.reason;
  if (event.type !== 'session.due') return null;
  return (
    {
      idleTimeout: 'idle-timeout',
      heartbeat: 'heartbeat-lost',
      pausedTimeout: 'paused-timeout',
      maxLifetime: 'max-lifetime',
    } as const
  )[event.deadline];
};

const IN_FLIGHT = [0, 1, 3];
const TIMES = [0, EXPIRES_AT - 1, EXPIRES_AT, EXPIRES_AT + 1];
const DEADLINES = ['idleTimeout', 'heartbeat', 'pausedTimeout', 'maxLifetime'] as const;

/** Every kind of event with every kind of payload that could matter. */
export const EVERY_EVENT: readonly SessionEvent[] = [
  { type: 'session.ready' },
  { type: 'session.failed' },
  { type: 'session.activity' },
  ...IN_FLIGHT.map((inFlight) => ({ type: 'session.quiet', inFlight }) as const),
  { type: 'session.pause' },
  ...TIMES.map((at) => ({ type: 'session.resume', at }) as const),
  ...END_REASONS.map((reason) => ({ type: 'session.terminate', reason }) as const),
  ...DEADLINES.flatMap((deadline) =>
    IN_FLIGHT.flatMap((inFlight) =>
      TIMES.map((at) => ({ type: 'session.due', deadline, inFlight, at }) as const),
    ),
  ),
  { type: 'session.cleaned' },
];

/** How each state is reached. */
export const PATHS: Record<SessionState, readonly SessionEvent[]> = {
  initializing: [],
  active: [{ type: 'session.ready' }],
  idle: [{ type: 'session.ready' }, { type: 'session.quiet', inFlight: 0 }],
  paused: [{ type: 'session.ready' }, { type: 'session.pause' }],
  terminating: [{ type: 'session.terminate', reason: 'client' }],
  terminated: [{ type: 'session.terminate', reason: 'client' }, { type: 'session.cleaned' }],
};

/** Lives of sessions: each kind of event as likely as the next, and ends rare enough for long lives. */
export const anyLife = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<SessionEvent>({ type: 'session.ready' }) },
    { weight: 2, arbitrary: fc.constant<SessionEvent>({ type: 'session.activity' }) },
    {
      weight: 2,
      arbitrary: fc.constant<SessionEvent>({ type: 'session.quiet', inFlight: 0 }),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom<SessionEvent>(
        ...EVERY_EVENT.filter((event) => tableSays('active', event, 0) !== 'terminating'),
      ),
    },
    { weight: 2, arbitrary: fc.constantFrom<SessionEvent>(...EVERY_EVENT) },
  ),
  { maxLength: 30, size: 'max' },
);
