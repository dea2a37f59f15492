import { expect, test } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { actorTree, childrenOf } from '../../src/xstate/actor-tree.ts';

test('a tree is listed from the top down, each actor by the ids that lead to it', () => {
  const leaf = createMachine({});
  const middle = createMachine({ invoke: { id: 'leaf', src: leaf } });
  const root = createActor(
    createMachine({
      invoke: [
        { id: 'one', src: middle },
        { id: 'two', src: middle },
      ],
    }),
  ).start();
  const paths = actorTree(root).map(({ path }) => path.join('/'));
  expect(paths).toEqual(['', 'one', 'two', 'one/leaf', 'two/leaf']);
  expect(childrenOf(root).map(([id, { sessionId }]) => [id, typeof sessionId])).toEqual([
    ['one', 'string'],
    ['two', 'string'],
  ]);
});

test('what only calls something its children has none, and a circle is walked once', () => {
  const actor = createActor(createMachine({})).start();
  const odd = (children: unknown) => ({
    ...actor,
    getSnapshot: () => ({ ...actor.getSnapshot(), children }),
  });
  for (const children of [null, 7, { a: null, b: 'x', c: {} }, undefined]) {
    expect(childrenOf(odd(children))).toEqual([]);
  }
  const circle: Record<string, unknown> = {};
  const turning = Object.assign(Object.create(actor), {
    getSnapshot: () => ({ ...actor.getSnapshot(), children: circle }),
  });
  circle['self'] = turning;
  expect(actorTree(turning)).toHaveLength(1);
});
