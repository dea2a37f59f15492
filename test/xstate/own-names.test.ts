import { expect, test } from 'vitest';
import {
  type AnyActorRef,
  assign,
  createActor,
  createMachine,
  fromCallback,
  fromPromise,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import { idsWithin, withOwnNames } from '../../src/xstate/own-names.ts';
import { sessionWithBehaviours } from './behaviour-under-test.ts';

/** A machine that invokes `db`, and looks for it in its actor system when it hears `look`. */
const withDb = (found: (string | undefined)[]) => {
  const machine = setup({
    actors: { db: fromCallback(() => undefined) },
  }).createMachine({
    invoke: { id: 'db', src: 'db', systemId: 'db' },
    on: {
      look: { actions: ({ system }) => void found.push(system.get('db')?._parent?.sessionId) },
    },
  });
  return machine;
};

test('each behaviour finds the actor that it named, and only that', () => {
  const found: (string | undefined)[] = [];
  const world = sessionWithBehaviours();
  const logic = withDb(found);
  const runs = ['one', 'two', 'three'].map((id) =>
    world.run(logic, { input: undefined }, world.spawn(id)),
  );
  for (const { actor } of runs) actor.send({ type: 'look' });
  expect(runs.map(({ heard }) => heard)).toEqual([[], [], []]);
  expect(found).not.toContain(undefined);
  expect(new Set(found).size).toBe(3);
  // Nothing of it is known to all, and stopping one takes nothing from another.
  expect(world.registry.actor.system.getAll()).toEqual({});
  runs[0]?.actor.stop();
  runs[1]?.actor.send({ type: 'look' });
  expect(found[3]).toBe(found[1]);
});

test('a name is found from below too, by any kind of logic, and is free when its actor has stopped', () => {
  const systems: AnyActorRef['system'][] = [];
  const named = fromCallback(({ system }) => void systems.push(system));
  const { run } = sessionWithBehaviours();
  const { actor, heard } = run(
    createMachine({
      invoke: {
        src: createMachine({ invoke: { src: named, systemId: 'deep' } }),
        systemId: 'middle',
      },
      on: {
        add: { actions: spawnChild(named, { id: 'x', systemId: 'x' }) },
        drop: { actions: stopChild('x') },
        again: { actions: [stopChild('x'), spawnChild(named, { id: 'x', systemId: 'x' })] },
      },
    }),
  );
  const names = () => Object.keys(systems[0]?.getAll() ?? {}).sort();
  expect(names()).toEqual(['deep', 'middle']);
  actor.send({ type: 'add' });
  expect(names()).toEqual(['deep', 'middle', 'x']);
  actor.send({ type: 'again' });
  expect(names()).toEqual(['deep', 'middle', 'x']);
  actor.send({ type: 'drop' });
  expect(names()).toEqual(['deep', 'middle']);
  actor.stop();
  expect([names(), heard]).toEqual([[], ['stopped']]);
});

test('two actors with one name in one behaviour: that one fails, with the name, and nobody else', () => {
  const idle = fromPromise(() => new Promise(() => undefined));
  const { session, spawn, run } = sessionWithBehaviours();
  const other = run(withDb([]), { input: undefined }, spawn('other'));
  const { heard } = run(
    createMachine({
      invoke: [
        { src: idle, systemId: 'db' },
        { src: idle, systemId: 'db' },
      ],
    }),
  );
  expect(heard).toEqual(['failed Error: The behaviour has two actors with the systemId "db".']);
  expect([other.heard, session.getSnapshot().status]).toEqual([[], 'active']);
});

test('a restored behaviour has its names again, while another has them too', () => {
  const found: (string | undefined)[] = [];
  const logic = withDb(found);
  const { spawn, run } = sessionWithBehaviours();
  const first = run(logic, { input: undefined }, spawn('other'));
  const snapshot = JSON.parse(JSON.stringify(first.actor.getPersistedSnapshot()));
  const { actor, heard } = run(logic, { snapshot, delays: [] });
  actor.send({ type: 'look' });
  first.actor.send({ type: 'look' });
  expect([heard, new Set(found).size, found.includes(undefined)]).toEqual([[], 2, false]);
});

test('what else a system does is still done by the one of all', async () => {
  const { clock, registry, session, run } = sessionWithBehaviours();
  const { system } = session;
  const { heard } = run(
    createMachine({
      context: { n: 0 },
      initial: 'a',
      states: {
        a: { after: { 100: { target: 'b', actions: assign({ n: 1 }) } } },
        b: { type: 'final' },
      },
    }),
  );
  expect([session.system === system, registry.delayedEvents.size]).toEqual([true, 1]);
  await clock.advance(100);
  expect(heard).toEqual(['done undefined']);
});

test('an actor that stops is forgotten by the system of all, with a name or without', () => {
  const { session, run } = sessionWithBehaviours();
  const gone: string[] = [];
  const unregister = Reflect.get(session.system, '_unregister');
  const noting = (actor: AnyActorRef): void => {
    gone.push(actor.id);
    unregister(actor);
  };
  Reflect.set(session.system, '_unregister', noting);
  const idle = fromPromise(() => new Promise(() => undefined));
  const { actor } = run(
    createMachine({
      invoke: [
        { src: idle, id: 'named', systemId: 'named' },
        { src: idle, id: 'other' },
      ],
    }),
  );
  actor.stop();
  expect(gone).toEqual(expect.arrayContaining(['behaviour', 'named', 'other']));
});

test('an actor without an id is not given that of one restored from another process', () => {
  const kid = createMachine({});
  const logic = setup({ actors: { kid } }).createMachine({
    context: {},
    on: { add: { actions: assign(({ spawn }) => void spawn('kid')) } },
  });
  const { run } = sessionWithBehaviours();
  const first = run(logic);
  first.actor.send({ type: 'add' });
  const { context, children, ...persisted } = JSON.parse(
    JSON.stringify(first.actor.getPersistedSnapshot()),
  );
  // Another process counts anew, and comes to the number that this one had there: here, soon.
  const [[id, kidThen] = ['', null]] = Object.entries(children);
  const taken = `x:${Number(id.slice(2)) + 10}`;
  const snapshot = { ...persisted, context, children: { [taken]: kidThen } };
  const { actor } = run(logic, { snapshot, delays: [] });
  const before = actor.getSnapshot().children[taken];
  for (let n = 0; n < 20; n++) actor.send({ type: 'add' });
  const after = actor.getSnapshot().children;
  expect(Object.keys(after)).toHaveLength(21);
  expect(after[taken]).toBe(before);
});

test('the ids in a snapshot are those of all the actors under it, however deep', () => {
  const leaf = { snapshot: { status: 'active' } };
  const snapshot = { children: { a: { snapshot: { children: { b: leaf } } }, c: leaf } };
  expect(idsWithin(snapshot)).toEqual(new Set(['a', 'b', 'c']));
  expect(idsWithin(undefined)).toEqual(new Set());
});

test('an actor system that cannot name its actors is refused', () => {
  const { system } = createActor(createMachine({}));
  Reflect.set(system, '_set', undefined);
  expect(() => withOwnNames(system)).toThrow('not supported');
});
