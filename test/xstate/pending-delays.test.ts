import { expect, test } from 'vitest';
import {
  type AnyActorRef,
  assign,
  cancel,
  createActor,
  createMachine,
  raise,
  sendParent,
  sendTo,
  setup,
  stopChild,
} from 'xstate';
import type { BehaviourActor } from '../../src/xstate/behaviour-actor.ts';
import { sessionWithBehaviours } from './behaviour-under-test.ts';

/** What there is to start an actor from, through JSON. */
const kept = (actor: BehaviourActor) =>
  JSON.parse(
    JSON.stringify({ snapshot: actor.getPersistedSnapshot(), delays: actor.pendingDelays() }),
  );

const typesOf = (actor: BehaviourActor) => actor.pendingDelays().map(({ event }) => event.type);

const inner = setup({
  types: { context: {} as { ms: number } },
  delays: { own: ({ context }) => context.ms },
}).createMachine({
  context: { ms: 4_000 },
  initial: 'x',
  states: { x: { after: { own: 'y' } }, y: {} },
});

const HEARS = { context: {} as { heard: string[] } };

/** All kinds of delays, in two machines. */
const family = setup({ types: HEARS, actors: { inner }, delays: { late: 9_000 } }).createMachine({
  context: { heard: [] },
  initial: 'a',
  entry: [
    raise({ type: 'raised' }, { delay: 7_000, id: 'r' }),
    raise({ type: 'raised', n: 2 } as { type: 'raised' }, { delay: 8_000 }),
    sendTo('inner', { type: 'to-inner' }, { delay: 6_000 }),
  ],
  invoke: { id: 'inner', src: 'inner' },
  on: {
    '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
    cancel: { actions: cancel('r') },
  },
  states: { a: { after: { 3000: 'b', late: 'c' } }, b: {}, c: {} },
});

test('what is pending in a tree is listed in the order in which it is due', async () => {
  const { clock, run } = sessionWithBehaviours();
  await clock.advance(100);
  const { actor } = run(family);
  const after = 'xstate.after';
  expect(actor.pendingDelays()).toEqual([
    delay([], [], { type: `${after}.3000.(machine).a` }, 3_100, `${after}.3000.(machine).a`),
    delay(
      ['inner'],
      ['inner'],
      { type: `${after}.own.(machine).x` },
      4_100,
      `${after}.own.(machine).x`,
    ),
    delay([], ['inner'], { type: 'to-inner' }, 6_100, null),
    delay([], [], { type: 'raised' }, 7_100, 'r'),
    delay([], [], { type: 'raised', n: 2 }, 8_100, null),
    delay([], [], { type: `${after}.late.(machine).a` }, 9_100, `${after}.late.(machine).a`),
  ]);
});

const delay = (
  from: readonly string[],
  to: readonly string[],
  event: object,
  due: number,
  id: string | null,
) => ({ from, to, event, due, id });

test('a restored machine and those under it go on with their delays where they were', async () => {
  const { clock, registry, run } = sessionWithBehaviours();
  const first = run(family);
  await clock.advance(2_000);
  const from = kept(first.actor);
  first.actor.stop();
  expect(registry.delayedEvents.size).toBe(0);
  const { actor } = run(family, from);
  expect(kept(actor)).toEqual(from);
  await clock.advance(999);
  expect(actor.getSnapshot().value).toBe('a');
  await clock.advance(1);
  expect(actor.getSnapshot().value).toBe('b');
  // Left, a state takes its delays with it, restored ones too.
  expect(typesOf(actor)).not.toContain('xstate.after.late.(machine).a');
  await clock.advance(1_000);
  expect(actor.getSnapshot().children.inner.getSnapshot().value).toBe('y');
  actor.send({ type: 'cancel' });
  expect(typesOf(actor)).toEqual(['to-inner', 'raised']);
  await clock.advance(4_000);
  expect(actor.getSnapshot().context.heard).toEqual(['raised']);
  expect(registry.delayedEvents.size).toBe(0);
});

test('what fell due meanwhile comes as soon as possible, in the order in which it was due', async () => {
  const { clock, run } = sessionWithBehaviours();
  const first = run(family);
  const from = kept(first.actor);
  first.actor.stop();
  await clock.advance(20_000);
  const { actor } = run(family, from);
  expect(actor.getSnapshot().value).toBe('a');
  await clock.advance(0);
  // 9 s came after 3 s, when `a` had been left.
  expect(actor.getSnapshot().value).toBe('b');
  expect(actor.getSnapshot().context.heard).toEqual(['raised', 'raised']);
  expect(actor.getSnapshot().children.inner.getSnapshot().value).toBe('y');
  expect(actor.pendingDelays()).toEqual([]);
});

test('events due at one time keep their order, whoever sent them', async () => {
  const kid = createMachine({ entry: sendParent({ type: 'kid' }, { delay: 10 }) });
  const logic = setup({ types: HEARS, actors: { kid } }).createMachine({
    context: { heard: [] },
    invoke: { id: 'kid', src: 'kid' },
    entry: [raise({ type: 'now' }, { delay: 0 })],
    on: {
      go: { actions: raise({ type: 'mine' }, { delay: 5 }) },
      '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
    },
  });
  const { clock, run } = sessionWithBehaviours();
  const first = run(logic);
  await clock.advance(5);
  first.actor.send({ type: 'go' });
  const from = kept(first.actor);
  first.actor.stop();
  const { actor } = run(logic, from);
  await clock.advance(5);
  expect(actor.getSnapshot().context.heard).toEqual(['now', 'kid', 'mine']);
});

test('a delay of 0 is not lost, and one for ever is never', async () => {
  const logic = createMachine({
    initial: 'a',
    states: { a: { after: { 0: 'b' } }, b: { after: { for: 'c' } }, c: {} },
  }).provide({ delays: { for: Number.POSITIVE_INFINITY } });
  const { clock, run } = sessionWithBehaviours();
  const first = run(logic);
  const from = kept(first.actor);
  first.actor.stop();
  const { actor } = run(logic, from);
  expect(actor.getSnapshot().value).toBe('a');
  await clock.advance(0);
  expect(actor.getSnapshot().value).toBe('b');
  const last = run(logic, kept(actor));
  await clock.advance(1e9);
  expect(last.actor.getSnapshot().value).toBe('b');
});

test('what is for an actor that is gone, or for the session, is left out', () => {
  const logic = setup({ actors: { kid: createMachine({}) } }).createMachine({
    invoke: { id: 'kid', src: 'kid' },
    entry: [
      sendTo('kid', { type: 'to-kid' }, { delay: 10 }),
      sendParent({ type: 'to-session' }, { delay: 10 }),
      raise({ type: 'own' }, { delay: 10 }),
    ],
    on: { drop: { actions: stopChild('kid') } },
  });
  const { run } = sessionWithBehaviours();
  const { actor } = run(logic);
  expect(typesOf(actor)).toEqual(['to-kid', 'own']);
  actor.send({ type: 'drop' });
  expect(typesOf(actor)).toEqual(['own']);
});

test('what is for an actor elsewhere is refused', () => {
  const elsewhere: AnyActorRef = createActor(createMachine({})).start();
  const logic = createMachine({ entry: sendTo(elsewhere, { type: 'far' }, { delay: 10 }) });
  const { actor } = sessionWithBehaviours().run(logic);
  expect(() => actor.pendingDelays()).toThrow('the target of the delayed event "far"');
});

test('what is for an actor that a new version of the logic has not is let fall', async () => {
  const { clock, registry, run } = sessionWithBehaviours();
  const first = run(family);
  const from = kept(first.actor);
  first.actor.stop();
  const { actor } = run(createMachine({ initial: 'a', states: { a: {} } }), from);
  expect(typesOf(actor)).not.toContain('to-inner');
  await clock.advance(20_000);
  expect(registry.delayedEvents.size).toBe(0);
});

test('a child that ends as it is started again takes its delays with it', () => {
  const kid = createMachine({
    initial: 'x',
    entry: sendParent({ type: 'late' }, { delay: 1_000 }),
    states: { x: { on: { end: 'z' } }, z: { type: 'final' } },
  });
  const logic = setup({ actors: { kid } }).createMachine({ invoke: { id: 'kid', src: 'kid' } });
  const { registry, run } = sessionWithBehaviours();
  const first = run(logic);
  const from = kept(first.actor);
  const second = run(logic, from);
  expect(registry.delayedEvents.size).toBe(2);
  second.actor.getSnapshot().children.kid.send({ type: 'end' });
  second.actor.stop();
  first.actor.stop();
  expect(registry.delayedEvents.size).toBe(0);
});
