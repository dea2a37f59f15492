import { assign, setup } from 'xstate';
import { type EndReason, REASON_OF_DEADLINE, type SessionEvent } from './vocabulary.ts';

/** What a session's chart is started with. Everything is plain data, so that a snapshot can be stored. */
export interface SessionInput {
  /** The session's id. */
  id: string;
  /** Whom the session belongs to; `null` is the absence of a principal. */
  principal: string | null;
  /** Wall time at which its lifetime is over, ms since the epoch; `null` is never. */
  expiresAt: number | null;
}

/** What a session's chart knows: what it was started with, and why it ended. */
export interface SessionContext extends SessionInput {
  /** Set once, when the end begins. */
  reason: EndReason | null;
}

const reasonOf = (event: SessionEvent): EndReason | null => {
  switch (event.type) {
    case 'session.failed':
      return 'init-failed';
    case 'session.terminate':
      return event.reason;
    case 'session.due':
      return REASON_OF_DEADLINE[event.deadline];
    default:
      return null;
  }
};

/**
 * A session's life. Pure: it reads no clock and no mutable object, holds no timer and does no I/O;
 * deadlines are watched outside and arrive as `session.due`. A pair (state, event) that is not drawn
 * here is ignored.
 */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
    output: {} as { reason: EndReason | null },
  },
  guards: {
    'nothing in flight': ({ event }) => event.type === 'session.quiet' && event.inFlight === 0,
    'lifetime left': ({ context, event }) =>
      event.type === 'session.resume' &&
      (context.expiresAt === null || event.at < context.expiresAt),
    'lifetime over': ({ context, event }) =>
      event.type === 'session.due' &&
      event.deadline === 'maxLifetime' &&
      context.expiresAt !== null &&
      event.at >= context.expiresAt,
    'silent too long or lifetime over': ({ context, event }) => {
      if (event.type !== 'session.due') return false;
      switch (event.deadline) {
        case 'idleTimeout':
        case 'heartbeat':
          return event.inFlight === 0;
        case 'maxLifetime':
          return context.expiresAt !== null && event.at >= context.expiresAt;
        case 'pausedTimeout':
          return false;
      }
    },
    'paused too long or lifetime over': ({ context, event }) => {
      if (event.type !== 'session.due') return false;
      if (event.deadline === 'pausedTimeout') return true;
      return (
        event.deadline === 'maxLifetime' &&
        context.expiresAt !== null &&
        event.at >= context.expiresAt
      );
    },
  },
  actions: {
    'note the reason': assign({
      reason: ({ context, event }) => context.reason ?? reasonOf(event),
    }),
  },
}).createMachine({
  id: 'session',
  description:
    'One session: a unit of conversation with a client. It ends exactly once, with one reason.',
  context: ({ input }) => ({ ...input, reason: null }),
  initial: 'initializing',
  output: ({ context }) => ({ reason: context.reason }),
  states: {
    initializing: {
      description: 'Its record is being written and its owner’s `initialize` runs.',
      on: {
        'session.ready': { target: 'active', description: 'Durable and initialized.' },
        'session.failed': { target: 'terminating', actions: 'note the reason' },
        'session.terminate': { target: 'terminating', actions: 'note the reason' },
        'session.due': {
          target: 'terminating',
          guard: 'lifetime over',
          actions: 'note the reason',
        },
      },
    },
    active: {
      description: 'Its client does something, or work is in flight.',
      on: {
        'session.activity': { description: 'Still active: only the time of it is noted, outside.' },
        'session.quiet': { target: 'idle', guard: 'nothing in flight' },
        'session.pause': { target: 'paused' },
        'session.terminate': { target: 'terminating', actions: 'note the reason' },
        'session.due': {
          target: 'terminating',
          guard: 'silent too long or lifetime over',
          actions: 'note the reason',
        },
      },
    },
    idle: {
      description: 'Nothing for a while. A beat proves life but does not lead out of here.',
      on: {
        'session.activity': { target: 'active' },
        'session.pause': { target: 'paused' },
        'session.terminate': { target: 'terminating', actions: 'note the reason' },
        'session.due': {
          target: 'terminating',
          guard: 'silent too long or lifetime over',
          actions: 'note the reason',
        },
      },
    },
    paused: {
      description: 'Set aside on request: no new work. Only its own deadline and its lifetime run.',
      on: {
        'session.resume': { target: 'active', guard: 'lifetime left' },
        'session.terminate': { target: 'terminating', actions: 'note the reason' },
        'session.due': {
          target: 'terminating',
          guard: 'paused too long or lifetime over',
          actions: 'note the reason',
        },
      },
    },
    terminating: {
      description:
        'Its end has begun: work is aborted, calls are refused, the tombstone is written.',
      on: {
        'session.cleaned': { target: 'terminated' },
      },
    },
    terminated: {
      type: 'final',
      description: 'Over. The reason stays readable for a while.',
    },
  },
});

/** The logic of a session's actor. */
export type SessionMachine = typeof sessionMachine;
