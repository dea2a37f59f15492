import { expect, test } from 'vitest';
import { registryMachine, sessionMachine } from '../../machines/index.ts';

type Guard = (args: { readonly context: unknown; readonly event: unknown }) => unknown;

const guardsOf = ({ implementations }: { readonly implementations: { guards: unknown } }) =>
  // XState types them by the chart's own events; these are asked about others too.
  implementations.guards as Readonly<Record<string, Guard>>;

const CONTEXT = { id: 'ses_1', principal: null, expiresAt: 1_000, reason: null };

/** What each guard is about, and facts that make it say yes. */
const YES: readonly (readonly [Readonly<Record<string, Guard>>, string, string, object])[] = [
  [guardsOf(sessionMachine), 'nothing in flight', 'session.quiet', { inFlight: 0 }],
  [guardsOf(sessionMachine), 'lifetime left', 'session.resume', { at: 999 }],
  [
    guardsOf(sessionMachine),
    'lifetime over',
    'session.due',
    { deadline: 'maxLifetime', at: 1_000, inFlight: 1 },
  ],
  [
    guardsOf(sessionMachine),
    'silent too long or lifetime over',
    'session.due',
    { deadline: 'heartbeat', at: 0, inFlight: 0 },
  ],
  [
    guardsOf(sessionMachine),
    'paused too long or lifetime over',
    'session.due',
    { deadline: 'pausedTimeout', at: 0, inFlight: 1 },
  ],
  [
    guardsOf(registryMachine),
    'room for one more',
    'registry.admit',
    { resident: 0, maxResident: 1, ofPrincipal: 0, maxPerPrincipal: 1 },
  ],
];

test.each(YES)(
  'a guard says no to an event it is not about, whatever that carries: %#',
  (guards, name, type, facts) => {
    const ask = (event: object) => guards[name]?.({ context: CONTEXT, event });
    expect(ask({ type, ...facts }), name).toBe(true);
    expect(ask({ ...facts, type: 'another.event' }), name).toBe(false);
  },
);

test('there is no guard that is not asked here', () => {
  const named = YES.map(([, name]) => name);
  const all = [sessionMachine, registryMachine].flatMap((one) => Object.keys(guardsOf(one)));
  expect(named.toSorted()).toEqual(all.toSorted());
});

test('the deadline of a pause does not end a session that is not paused', () => {
  const event = { type: 'session.due', deadline: 'pausedTimeout', at: 2_000, inFlight: 0 };
  const silent = guardsOf(sessionMachine)['silent too long or lifetime over'];
  expect(silent?.({ context: CONTEXT, event })).toBe(false);
});
