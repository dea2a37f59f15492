import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createActor } from 'xstate';
import { type RegistryEvent, type RegistryState, registryMachine } from '../../machines/index.ts';

// XState's development build warns of each event that reaches an ended actor; here that is the point.
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const STATES: readonly RegistryState[] = ['starting', 'accepting', 'draining', 'stopped'];

/** The line of the design, section 3: `starting → accepting → draining → stopped`. */
const MOVES: Record<RegistryState, Partial<Record<RegistryEvent['type'], RegistryState>>> = {
  starting: { 'registry.ready': 'accepting', 'registry.drain': 'draining' },
  accepting: { 'registry.drain': 'draining' },
  draining: { 'registry.stopped': 'stopped' },
  stopped: {},
};

const admit = (resident: number, ofPrincipal: number): RegistryEvent => ({
  type: 'registry.admit',
  resident,
  maxResident: 2,
  ofPrincipal,
  maxPerPrincipal: 2,
});

const EVERY_EVENT: readonly RegistryEvent[] = [
  { type: 'registry.ready' },
  { type: 'registry.drain' },
  { type: 'registry.stopped' },
  { type: 'registry.exited' },
  { type: 'registry.crashed' },
  ...[0, 1, 2, 3].flatMap((resident) => [0, 1, 2, 3].map((of) => admit(resident, of))),
];

const PATHS: Record<RegistryState, readonly RegistryEvent[]> = {
  starting: [],
  accepting: [{ type: 'registry.ready' }],
  draining: [{ type: 'registry.drain' }],
  stopped: [{ type: 'registry.drain' }, { type: 'registry.stopped' }],
};

const sendAndCheck = (actor: ReturnType<typeof start>, event: RegistryEvent) => {
  const before = actor.getSnapshot();
  const counts = { ...before.context };
  const to = MOVES[before.value][event.type];
  if (before.value !== 'stopped') {
    if (event.type === 'registry.admit') {
      const room = event.resident < event.maxResident && event.ofPrincipal < event.maxPerPrincipal;
      if (before.value === 'accepting' && room) counts.admitted += 1;
      else counts.refused += 1;
    }
    if (event.type === 'registry.exited' || event.type === 'registry.crashed') counts.exited += 1;
    if (event.type === 'registry.crashed') counts.crashed += 1;
  }
  actor.send(event);
  const after = actor.getSnapshot();
  expect(after.value).toBe(to ?? before.value);
  expect(after.context).toEqual(counts);
  expect(after.status).toBe(after.value === 'stopped' ? 'done' : 'active');
  const counted = JSON.stringify(counts) !== JSON.stringify(before.context);
  if (to === undefined && !counted) expect(after).toBe(before);
};

const start = () => createActor(registryMachine).start();

test('every pair of state and event does what the design says, with every occupancy', () => {
  for (const state of STATES) {
    for (const event of EVERY_EVENT) {
      const actor = start();
      for (const step of PATHS[state]) actor.send(step);
      expect(actor.getSnapshot().value).toBe(state);
      sendAndCheck(actor, event);
    }
  }
});

test('whatever happens, a session is let in only while accepting and only where there is room', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...EVERY_EVENT) },
          { weight: 1, arbitrary: fc.constant<RegistryEvent>({ type: 'registry.ready' }) },
        ),
        { maxLength: 40, size: 'max' },
      ),
      (events) => {
        const actor = start();
        for (const event of events) {
          sendAndCheck(actor, event);
          reached.add(actor.getSnapshot().value);
        }
      },
    ),
    { numRuns: 1_000 },
  );
  expect([...reached].sort()).toEqual([...STATES].sort());
});

test('what it knows stays four numbers, however many sessions come and go', () => {
  const actor = start();
  actor.send({ type: 'registry.ready' });
  for (let count = 0; count < 1_000; count++) {
    actor.send(admit(0, 0));
    actor.send({ type: count % 2 === 0 ? 'registry.exited' : 'registry.crashed' });
  }
  expect(actor.getSnapshot().context).toEqual({
    admitted: 1_000,
    refused: 0,
    exited: 1_000,
    crashed: 500,
  });
});
