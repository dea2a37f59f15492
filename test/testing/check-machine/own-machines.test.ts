import fc from 'fast-check';
import { expect, test } from 'vitest';
import { END_REASONS, registryMachine, sessionMachine } from '../../../machines/index.ts';
import { checkMachine } from '../../../src/testing/index.ts';

// Our own charts, by our own check.

const at = fc.nat({ max: 2_000 });
const inFlight = fc.nat({ max: 2 });
const deadline = fc.constantFrom('idleTimeout', 'heartbeat', 'pausedTimeout', 'maxLifetime');

const sessionEvents = {
  'session.ready': {},
  'session.failed': {},
  'session.activity': {},
  'session.quiet': { inFlight },
  'session.pause': {},
  'session.resume': { at },
  'session.terminate': { reason: fc.constantFrom(...END_REASONS) },
  'session.due': { deadline, inFlight, at },
  'session.cleaned': {},
} as const;

test.each([1_000, null])(
  'the chart of a session is sound, with a lifetime of %s',
  async (expiresAt) => {
    const report = await checkMachine(sessionMachine, {
      input: { id: 'ses_x', principal: 'ada', expiresAt },
      events: sessionEvents,
      // An end has a reason, and none is given before.
      invariant: ({ value, context }) =>
        (context.reason !== null) === (value === 'terminating' || value === 'terminated'),
    });
    expect(report.notSent).toEqual([]);
  },
);

test('the chart of the registry is sound', async () => {
  const few = fc.nat({ max: 2 });
  const report = await checkMachine(registryMachine, {
    events: {
      'registry.ready': {},
      'registry.admit': { resident: few, maxResident: few, ofPrincipal: few, maxPerPrincipal: few },
      'registry.exited': {},
      'registry.crashed': {},
      'registry.drain': {},
      'registry.stopped': {},
    },
    invariant: ({ context }) => context.crashed <= context.exited,
  });
  expect(report.notSent).toEqual([]);
});
