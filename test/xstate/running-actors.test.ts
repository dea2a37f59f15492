import { expect, test } from 'vitest';
import { type AnyActorRef, createActor, fromPromise, type InspectionEvent, setup } from 'xstate';
import { RunningActors } from '../../src/xstate/running-actors.ts';

const leaf = setup({}).createMachine({
  initial: 'on',
  states: { on: { on: { end: 'off' } }, off: { type: 'final' } },
});

const tree = setup({
  actors: { leaf, thought: fromPromise(() => new Promise<void>(() => undefined)) },
}).createMachine({
  id: 'tree',
  invoke: [
    { id: 'left', src: 'leaf' },
    { id: 'right', src: 'thought' },
  ],
  on: {
    prune: { actions: ({ self }) => self.getSnapshot().children['left']?.send({ type: 'end' }) },
  },
});

const planted = () => {
  const running = new RunningActors();
  const root = createActor(tree, { inspect: running.inspector(undefined) });
  return { running, root };
};

test('the actors of a system are known by the way to them, while they run', () => {
  const { running, root } = planted();
  expect(running.paths()).toEqual([]);
  root.start();
  expect(running.paths()).toEqual([['left'], ['right']]);
  root.send({ type: 'prune' });
  expect(running.paths()).toEqual([['right']]);
  root.stop();
  expect(running.paths()).toEqual([]);
});

test('an actor that nobody else knows of is known, also below one that is gone', () => {
  const { running, root } = planted();
  root.start();
  const parent = root.getSnapshot().children['left'] as AnyActorRef;
  const stray = createActor(leaf, { id: 'stray', parent } as object).start();
  root.stop();
  expect(running.paths()).toEqual([['left', 'stray']]);
  stray.send({ type: 'end' });
  expect(running.paths()).toEqual([]);
});

test('one that is made before it is started is known once it runs, however many come and go', () => {
  const { running, root } = planted();
  root.start();
  const early = createActor(leaf, { id: 'early', parent: root } as object);
  for (let n = 0; n < 5_000; n += 1) {
    createActor(leaf, { id: `passing ${n}`, parent: root } as object)
      .start()
      .send({ type: 'end' });
  }
  expect(running.paths()).toHaveLength(2);
  early.start();
  expect(running.paths()).toEqual([['left'], ['right'], ['early']]);
});

test('what it hears it passes on, to a function or an observer', () => {
  const heard: InspectionEvent[] = [];
  const hear = (event: InspectionEvent): void => void heard.push(event);
  createActor(leaf, { inspect: new RunningActors().inspector(hear) }).start();
  const { length } = heard;
  expect(length).toBeGreaterThan(1);
  createActor(leaf, { inspect: new RunningActors().inspector({ next: hear }) }).start();
  expect(heard).toHaveLength(2 * length);
});
