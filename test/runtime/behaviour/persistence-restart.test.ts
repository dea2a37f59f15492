import { expect, test } from 'vitest';
import { assign, createMachine, setup } from 'xstate';
import type { BehaviourSpec, Session } from '../../../src/index.ts';
import { behaving, eventsOfType, viewOf, worker } from './behaviour-under-test.ts';
import { elsewhere, hibernated, keptOf, moved, type Process, started } from './kept-under-test.ts';

const ADD = { type: 'work.add', n: 1 } as const;
const CRASH = { type: 'crash' } as const;

const boom = (): never => {
  throw new Error('boom');
};

/** Notes what it hears, with what it says of where it was restored from. */
const noting = setup({
  types: {
    context: {} as { heard: string[]; input: unknown },
    events: {} as { type: 'session.restored'; from: string } | { type: 'crash' } | { type: 'note' },
    input: {} as { session: Session; input: unknown },
  },
  actions: {
    note: assign({ heard: ({ context, event }) => [...context.heard, event.type] }),
    noteFrom: assign({
      heard: ({ context, event }) => [
        ...context.heard,
        event.type === 'session.restored' ? event.from : '',
      ],
    }),
    boom,
  },
}).createMachine({
  context: ({ input }) => ({ heard: [], input: input.input }),
  initial: 'a',
  on: {
    'session.restored': { actions: 'noteFrom' },
    note: { actions: 'note' },
    crash: { actions: 'boom' },
  },
  states: { a: { after: { 1000: { target: 'b', actions: 'note' } } }, b: {} },
});

const heardBy = ({ supervised }: Process): string[] => supervised.view.getSnapshot().context.heard;

const commit = ({ supervised }: Process): void => supervised.committed(supervised.checkpoint());

test('a machine that asks for it is told that it was restored, and from what, before its delays', async () => {
  const it = { logic: noting };
  const first = await started(it);
  expect(heardBy(first)).toEqual([]);
  await hibernated(first, 2_000);
  await first.clock.advance(0);
  expect(heardBy(first)).toEqual(['hibernation', 'xstate.after.1000.(machine).a']);
  const second = await moved(it, first);
  expect(heardBy(second).at(-1)).toBe('crash');
  commit(second);
  second.supervised.send(CRASH);
  await second.clock.advance(500);
  expect(heardBy(second).slice(-2)).toEqual(['crash', 'failure']);
  expect(second.supervised.view).toMatchObject({ status: 'running', incarnation: 2 });
});

const lateWorker = setup({
  types: { events: {} as { type: 'crash' | 'note' }, context: {} as { noted: boolean } },
}).createMachine({
  context: { noted: false },
  initial: 'early',
  on: {
    note: { actions: assign({ noted: true }) },
    crash: {
      actions: boom,
    },
  },
  states: {
    early: { after: { 3000: 'late' } },
    late: { after: { 7000: 'over' } },
    over: {},
  },
});

test('a restarted machine goes on with its delays, and what is over comes at once', async () => {
  const { clock, session, events } = await behaving({ logic: lateWorker });
  await session.send({ type: 'note' });
  await clock.advance(1_000);
  await session.send(CRASH);
  await clock.advance(1_000);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  await clock.advance(999);
  expect(viewOf(session).getSnapshot().value).toBe('early');
  await clock.advance(1);
  expect(viewOf(session).getSnapshot().value).toBe('late');
  // Due at 10 s; it is down from 9.9 s on.
  await clock.advance(6_900);
  await session.send(CRASH);
  await clock.advance(899);
  expect(viewOf(session)).toMatchObject({ status: 'restarting' });
  await clock.advance(101);
  expect(viewOf(session).getSnapshot().value).toBe('over');
  expect(eventsOfType(events, 'session.restarted')).toHaveLength(2);
});

test('one that begins from its input was not restored', async () => {
  const { clock, session } = await behaving({ logic: noting });
  await session.send(CRASH);
  await clock.advance(500);
  expect(viewOf(session)).toMatchObject({ status: 'running', incarnation: 2 });
  expect(viewOf(session).getSnapshot().context.heard).toEqual([]);
});

test('nobody outside may say that it was restored, whatever it handles and `events` lets in', async () => {
  const restored = { type: 'session.restored', from: 'crash' };
  const { session } = await behaving({ logic: noting });
  await expect(session.send(restored)).rejects.toMatchObject({ event: restored });
  await expect(session.send(restored)).rejects.toThrow('allowed are: note, crash');
  const open = await behaving({ logic: noting, events: ['session.*'] });
  await expect(open.session.send(restored)).rejects.toThrow('not let in');
  await expect(behaving({ logic: noting, events: ['session.restored'] })).rejects.toThrow(
    'session.restored',
  );
});

test('a machine that takes every type, or no such one, hears nothing of it', async () => {
  const types: string[] = [];
  const all = createMachine({ on: { '*': { actions: ({ event }) => types.push(event.type) } } });
  for (const logic of [all, createMachine({}), worker]) await hibernated(await started({ logic }));
  expect(types).toEqual([]);
});

test('the failures before count on', async () => {
  const it: BehaviourSpec = { logic: worker, maxFailures: 3 };
  let process = await started(it);
  for (let n = 0; n < 2; n++) {
    process.supervised.send(CRASH);
    await process.clock.advance(1_000);
  }
  process = await moved(it, process, 5_000);
  expect(process.supervised.view).toMatchObject({ status: 'running', incarnation: 3 });
  expect(eventsOfType(process.events, 'session.behaviour-failed')).toEqual([]);
  process.supervised.send(CRASH);
  await process.clock.settle();
  expect(eventsOfType(process.events, 'session.behaviour-failed')).toMatchObject([
    { incarnation: 3, restartInMs: null },
  ]);
  expect(process.host.reason).toBe('crashed');
});

test('a snapshot it fails of early is left after the second time, be it in two processes', async () => {
  const fails = setup({ types: { context: {} as { bad: boolean } } }).createMachine({
    context: { bad: false },
    on: {
      'session.restored': { actions: ({ context }) => void (context.bad && boom()) },
      spoil: { actions: assign({ bad: true }) },
    },
  });
  const it = { logic: fails };
  const first = await started(it);
  first.supervised.send({ type: 'spoil' });
  commit(first);
  const second = await moved(it, first);
  expect(second.supervised.view.status).toBe('restarting');
  const third = await moved(it, second);
  await third.clock.advance(5_000);
  expect(third.supervised.view).toMatchObject({ status: 'running', incarnation: 2 });
  expect(third.supervised.view.getSnapshot().context.bad).toBe(false);
});

test('one whose restart waits is kept as running, from its snapshot or its input as was decided', async () => {
  const first = await started({ logic: worker });
  first.supervised.send(ADD);
  commit(first);
  first.supervised.send(CRASH);
  expect(keptOf(first)).toMatchObject({ status: 'running', failures: { inARow: 1 } });
  const second = await moved({ logic: worker }, first);
  expect(second.supervised.view).toMatchObject({ status: 'running', incarnation: 1 });
  expect(second.supervised.view.getSnapshot().context.n).toBe(1);

  const again: BehaviourSpec = { logic: worker, policy: 'permanent' };
  const done = await started(again);
  done.supervised.send(ADD);
  commit(done);
  done.supervised.send({ type: 'finish' });
  expect(keptOf(done)).toMatchObject({ status: 'running', checkpoint: null });
  done.supervised.putAway();
  expect(keptOf(done)).toMatchObject({ status: 'running', checkpoint: null });
  await done.clock.advance(60_000);
  expect(done.supervised.view.incarnation).toBe(1);
  done.supervised.resume(keptOf(done), 'hibernation');
  expect(done.supervised.view).toMatchObject({ status: 'running', incarnation: 1 });
  expect(done.supervised.view.getSnapshot().context.n).toBe(0);
});

test('put away while a commit is under way and a restart waits: what that comes to is kept, or left', async () => {
  const failed = await started({ logic: worker });
  failed.supervised.send(ADD);
  const underWay = failed.supervised.checkpoint();
  failed.supervised.send(CRASH);
  failed.supervised.putAway();
  expect(keptOf(failed).checkpoint).toBeNull();
  failed.supervised.committed(underWay);
  expect(keptOf(failed)).toMatchObject({ checkpoint: { snapshot: { context: { n: 1 } } } });

  const done = await started({ logic: worker, policy: 'permanent' });
  done.supervised.send(ADD);
  const late = done.supervised.checkpoint();
  done.supervised.send({ type: 'finish' });
  done.supervised.putAway();
  done.supervised.committed(late);
  expect(keptOf(done).checkpoint).toBeNull();
  done.supervised.resume(keptOf(done), 'hibernation');
  commit(done);
  expect(keptOf(done).checkpoint).not.toBeNull();
});

test('one that a drain did not restart is restarted by the next process', async () => {
  const first = await started({ logic: worker });
  commit(first);
  first.context.draining = true;
  first.supervised.send(CRASH);
  expect(first.supervised.view.status).toBe('failed');
  expect(keptOf(first).status).toBe('running');
});

test('one that is over is not started again, and shows what it came to', async () => {
  const first = await started({ logic: worker });
  const seven = { type: 'work.add', n: 7 };
  first.supervised.send(seven);
  first.supervised.send({ type: 'finish' });
  expect(first.supervised.busyWith).toBeNull();
  const second = await moved({ logic: worker }, first);
  const { view } = second.supervised;
  expect([view.status, view.getSnapshot().status]).toEqual(['done', 'done']);
  expect(view.getSnapshot().output).toBe(7);
  expect(view.getSnapshot().matches('finished')).toBe(true);
  expect(second.supervised.nextDelayAt()).toBeNull();
  await hibernated(second);
  expect([view.status, view.getSnapshot().output]).toEqual(['done', 7]);
  expect(eventsOfType(second.events, 'session.behaviour-done')).toEqual([]);
});

test('one that failed for good is not started again either, and waits for no delay', async () => {
  const it: BehaviourSpec = { logic: noting, policy: 'temporary' };
  const first = await started(it);
  commit(first);
  const token = first.host.record?.token;
  first.supervised.send(CRASH);
  await first.clock.settle();
  // No later process is to start it again.
  expect(first.host.record?.token).not.toBe(token);
  const kept = keptOf(first);
  expect(kept.timers).toHaveLength(1);
  expect([kept.status, first.supervised.busyWith]).toEqual(['failed', null]);
  const { supervised, clock } = await elsewhere(it, first);
  supervised.putAway(kept);
  expect(supervised.nextDelayAt()).toBeNull();
  supervised.resume(kept, 'crash');
  await clock.advance(60_000);
  expect([supervised.view.status, supervised.view.getSnapshot().status]).toEqual([
    'failed',
    'error',
  ]);
  expect(() => supervised.send(CRASH)).toThrow('failed');
});

test('without a checkpoint it begins from its input, under the same number', async () => {
  const first = await started({ logic: noting });
  const kept = { ...keptOf(first), checkpoint: null };
  const { supervised, events } = await moved({ logic: noting }, first, 0, kept);
  expect(supervised.view).toMatchObject({ status: 'running', incarnation: 1 });
  expect(supervised.view.getSnapshot().context).toEqual({ heard: [], input: 'given' });
  expect(eventsOfType(events, 'session.restarted')).toEqual([]);
});

test('a start that throws is a failed incarnation', async () => {
  const it = { logic: noting, input: boom };
  const first = await started({ logic: noting });
  const kept = { ...keptOf(first), checkpoint: null };
  const { supervised, events, clock } = await moved(it, first, 0, kept);
  expect(supervised.view).toMatchObject({ status: 'restarting', incarnation: 1 });
  await clock.advance(500);
  expect(eventsOfType(events, 'session.behaviour-failed')).toHaveLength(2);
});

test('a commit in the middle of a delayed event has that event, or what came of it', async () => {
  const checkpoints: unknown[] = [];
  let look: () => void = () => undefined;
  const logic = createMachine({
    initial: 'a',
    states: { a: { after: { 1000: { target: 'b', actions: () => look() } } }, b: {} },
  });
  const { supervised, clock } = await started({ logic });
  look = () => {
    const checkpoint = supervised.checkpoint();
    checkpoints.push([checkpoint?.snapshot, checkpoint?.delays.length]);
  };
  supervised.view.subscribe(look);
  await clock.advance(1_000);
  expect(checkpoints).toMatchObject([
    [{ value: 'a' }, 1],
    [{ value: 'b' }, 0],
  ]);
});
