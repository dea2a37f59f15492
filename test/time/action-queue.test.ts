import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ActionQueue, type QueuedAction } from '../../src/time/action-queue.ts';

const inOrder = (a: QueuedAction, b: QueuedAction) => a.due - b.due || a.sequence - b.sequence;

test('gives actions back in the order of a sorted list, whatever is pushed, removed and popped', () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), n: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), n: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const), n: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const queue = new ActionQueue<QueuedAction>();
      const model: QueuedAction[] = [];
      let sequence = 0;
      for (const { kind, n } of commands) {
        if (kind === 'push') {
          const action = { due: n, sequence: sequence++, slot: -1 };
          queue.push(action);
          model.push(action);
          model.sort(inOrder);
        } else if (kind === 'remove') {
          const action = model.splice(model.length === 0 ? 0 : n % model.length, 1)[0];
          if (action !== undefined) {
            queue.remove(action);
            expect(action.slot).toBe(-1);
          }
        } else {
          expect(queue.pop()).toBe(model.shift());
        }
        expect(queue.peek()).toBe(model[0]);
        expect(queue.size).toBe(model.length);
      }
      while (model.length > 0) expect(queue.pop()).toBe(model.shift());
      expect(queue.pop()).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

test('the action that fills a hole rises when it belongs above it', () => {
  const queue = new ActionQueue<QueuedAction>();
  const dues = [1, 20, 2, 21, 22, 3, 4, 23, 24, 25, 26, 6, 7, 8, 5];
  const actions = dues.map((due, sequence) => ({ due, sequence, slot: -1 }));
  for (const action of actions) queue.push(action);
  const hole = actions.find(({ due }) => due === 21);
  if (hole !== undefined) queue.remove(hole);
  const order: (number | undefined)[] = [];
  while (queue.size > 0) order.push(queue.pop()?.due);
  expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 20, 22, 23, 24, 25, 26]);
});

test('removing an action that is not queued, or is queued elsewhere, has no effect', () => {
  const queue = new ActionQueue<QueuedAction>();
  const other = new ActionQueue<QueuedAction>();
  const mine = { due: 1, sequence: 0, slot: -1 };
  const foreign = { due: 1, sequence: 0, slot: -1 };
  queue.push(mine);
  other.push(foreign);
  queue.remove(foreign);
  queue.remove({ due: 1, sequence: 0, slot: -1 });
  expect(queue.size).toBe(1);
  expect(other.size).toBe(1);
  queue.remove(mine);
  queue.remove(mine);
  other.remove(foreign);
  expect([queue.size, other.size]).toEqual([0, 0]);
});
