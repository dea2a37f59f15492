import { Observable } from 'rxjs';
import { expect, test } from 'vitest';
import {
  type AnyActorLogic,
  createActor,
  createMachine,
  type EventObject,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
} from 'xstate';
import { heldWork } from '../../src/xstate/held-work.ts';

const forEver = () => new Promise(() => undefined);

const heldBy = (logic: AnyActorLogic): string | null => heldWork(createActor(logic).start());

test.each<readonly [string, AnyActorLogic]>([
  ['promise', fromPromise(forEver)],
  ['callback', fromCallback(() => undefined)],
  ['observable', fromObservable(() => new Observable())],
  ['event observable', fromEventObservable(() => new Observable<EventObject>())],
])('a %s is at something that no snapshot holds, wherever it runs', (_, logic) => {
  expect(heldBy(logic)).toBe('it runs');
  expect(heldBy(createMachine({ invoke: { id: 'tool', src: logic } }))).toContain('"tool"');
  const deep = createMachine({ invoke: { id: 'tool', src: logic } });
  expect(heldBy(createMachine({ invoke: { id: 'agent', src: deep } }))).toContain('"agent/tool"');
});

test('machines and transition functions are where their snapshots say', () => {
  const counts = fromTransition((n: number) => n + 1, 0);
  expect(heldBy(counts)).toBeNull();
  expect(
    heldBy(createMachine({ invoke: [{ src: counts }, { src: createMachine({}) }] })),
  ).toBeNull();
});

test('what has ended holds nothing any more', async () => {
  const actor = createActor(
    createMachine({ invoke: { id: 'tool', src: fromPromise(async () => 1), onDone: {} } }),
  ).start();
  expect(heldWork(actor)).not.toBeNull();
  await new Promise((resolve) => actor.subscribe(resolve));
  expect(heldWork(actor)).toBeNull();
});

test('one that runs on under an actor that failed is still found', () => {
  const failing = createMachine({
    invoke: { id: 'tool', src: fromCallback(() => undefined) },
    on: {
      fail: {
        actions: () => {
          throw new Error('boom');
        },
      },
    },
  });
  const actor = createActor(
    createMachine({
      invoke: { id: 'middle', src: failing, onError: {} },
      on: {
        go: {
          actions: ({ self }) => self.getSnapshot().children['middle']?.send({ type: 'fail' }),
        },
      },
    }),
  ).start();
  actor.send({ type: 'go' });
  expect(actor.getSnapshot().children['middle']?.getSnapshot().status).toBe('error');
  expect(heldWork(actor)).toContain('"middle/tool"');
});
