import { expect, test } from 'vitest';
import {
  assign,
  createMachine,
  type EventObject,
  fromCallback,
  fromPromise,
  fromTransition,
  sendTo,
  setup,
} from 'xstate';
import type { Session } from '../../../src/index.ts';
import { eventsOfType, worker } from './behaviour-under-test.ts';
import { elsewhere, hibernated, keptOf, moved, started } from './kept-under-test.ts';

const ADD = { type: 'work.add', n: 1 } as const;
const CRASH = { type: 'crash' } as const;

const beats = setup({
  types: { context: {} as { n: number } },
}).createMachine({
  context: { n: 0 },
  initial: 'x',
  states: {
    x: {
      after: {
        1000: {
          target: 'x',
          reenter: true,
          actions: assign({ n: ({ context }) => context.n + 1 }),
        },
      },
    },
  },
});

const counts = fromTransition((n: number) => n + 1, 0);

/** Children of both kinds that can be kept, delays in all, and the reference to the session. */
const family = setup({
  types: { context: {} as { session: Session }, input: {} as { session: Session } },
  actors: { beats, counts },
}).createMachine({
  context: ({ input }) => ({ session: input.session }),
  invoke: [
    { id: 'beats', src: 'beats' },
    { id: 'counts', src: 'counts' },
  ],
  entry: sendTo('counts', { type: 'count' }, { delay: 2_500 }),
  initial: 'early',
  states: { early: { after: { 4000: 'late' } }, late: {} },
});

const spec = { logic: family };

test('what is kept goes on in another process: where it was, with its children and its delays', async () => {
  const first = await started(spec);
  await first.clock.advance(1_500);
  const second = await moved(spec, first);
  const { clock, supervised } = second;
  const { view } = supervised;
  const ofChildren = () => {
    const { children } = view.getSnapshot();
    return [children.beats.getSnapshot().context.n, children.counts.getSnapshot().context];
  };
  expect(view).toMatchObject({ name: 'it', status: 'running', incarnation: 1 });
  expect([view.getSnapshot().value, ofChildren()]).toEqual(['early', [1, 0]]);
  expect(view.getSnapshot().context.session.id).toBe(second.host.id);
  await clock.advance(999);
  expect(ofChildren()).toEqual([2, 0]);
  await clock.advance(1);
  expect(ofChildren()).toEqual([2, 1]);
  await clock.advance(1_500);
  expect([view.getSnapshot().value, ofChildren()]).toEqual(['late', [4, 1]]);
  expect(eventsOfType(second.events, 'session.restarted')).toEqual([]);
  expect(second.context.counters.restarts).toBe(0);
});

test('its delays count on the wall while nobody hosts it: those that are over come at once', async () => {
  const first = await started(spec);
  const second = await moved(spec, first, 3_999);
  expect(second.supervised.view.getSnapshot().value).toBe('early');
  await second.clock.advance(0);
  expect(second.supervised.view.getSnapshot().children.beats.getSnapshot().context.n).toBe(1);
  await second.clock.advance(1);
  expect(second.supervised.view.getSnapshot().value).toBe('late');
  const third = await moved(spec, first, 60_000);
  await third.clock.advance(0);
  expect(third.supervised.view.getSnapshot().value).toBe('late');
});

test('the next delay is told by the wall, also while it is stored, whatever becomes of the clock', async () => {
  const first = await started(spec);
  const { clock, supervised } = first;
  const begun = clock.wall();
  expect(supervised.nextDelayAt()).toBe(begun + 1_000);
  await clock.advance(1_200);
  expect(supervised.nextDelayAt()).toBe(begun + 2_000);
  supervised.committed(supervised.checkpoint());
  supervised.putAway();
  clock.stepWall(-5_000);
  expect(supervised.nextDelayAt()).toBe(begun + 2_000);
  // A commit of a stored one carries what is stored.
  supervised.committed(supervised.checkpoint());
  expect(supervised.nextDelayAt()).toBe(begun + 2_000);
  const never = await started({ logic: createMachine({}) });
  expect(never.supervised.nextDelayAt()).toBeNull();
});

test('put away it stops, and its listeners hear on when it is back', async () => {
  const gone: string[] = [];
  const late: (() => void)[] = [];
  const noisy = fromCallback(({ emit }) => {
    late.push(() => emit({ type: 'late' }));
    return () => gone.push('callback');
  });
  const logic = setup({ actors: { noisy, worker } }).createMachine({
    invoke: { id: 'noisy', src: 'noisy' },
    initial: 'a',
    states: { a: { after: { 1000: 'b' } }, b: {} },
  });
  const process = await started({ logic });
  const { clock, context, supervised, events } = process;
  const seen: unknown[] = [];
  expect(supervised.watched).toBe(false);
  supervised.view.subscribe((snapshot) => seen.push(snapshot.value));
  supervised.committed(supervised.checkpoint());
  const kept = keptOf(process);
  const under = supervised.view.getSnapshot().children.noisy;
  supervised.putAway();
  expect(gone).toEqual(['callback']);
  expect([supervised.view.status, context.registry.delayedEvents.size]).toEqual(['stored', 0]);
  expect(supervised.view.getSnapshot().value).toBe('a');
  expect(supervised.view.getSnapshot().children.noisy).not.toBe(under);
  expect(supervised.watched).toBe(true);
  expect(() => supervised.send({ type: 'x' })).toThrow('not let in');
  late[0]?.();
  await clock.advance(500);
  supervised.resume(kept, 'hibernation');
  await clock.advance(500);
  expect(seen).toEqual(['a', 'b']);
  expect(eventsOfType(events, 'session.emitted')).toEqual([]);
  supervised.stop();
  expect(supervised.view.status).toBe('stopped');
  supervised.putAway();
  supervised.resume(kept, 'hibernation');
  expect(supervised.view.status).toBe('stopped');
});

test('that it goes on is known without a record', async () => {
  const process = await started(spec);
  const { clock, host } = process;
  const token = host.record?.token;
  await hibernated(process);
  await clock.settle();
  expect([host.dirty, host.record?.token]).toEqual([false, token]);
});

test('what it emitted and nobody recorded is not told, and does not wait for a later one', async () => {
  const process = await started({ logic: worker });
  const { supervised, clock, host, events } = process;
  supervised.committed(supervised.checkpoint());
  const kept = keptOf(process);
  host.committing = true;
  supervised.send({ type: 'work.tell' });
  expect(host.untold.size).toBe(1);
  supervised.putAway();
  expect(host.untold.size).toBe(0);
  host.committing = false;
  supervised.resume(kept, 'hibernation');
  supervised.send(ADD);
  await clock.settle();
  expect(eventsOfType(events, 'session.emitted')).toEqual([]);
});

test('an event for a stored one is handed back, and may be sent again', async () => {
  const process = await started({ logic: worker });
  process.supervised.putAway();
  expect(() => process.supervised.send(ADD)).toThrow(
    expect.objectContaining({ name: 'BehaviourDownError', event: ADD, retryable: true }),
  );
});

test('one put away under way is kept as what was committed', async () => {
  const process = await started({ logic: worker });
  const { supervised } = process;
  supervised.send(ADD);
  supervised.committed(supervised.checkpoint());
  supervised.send(ADD);
  supervised.putAway();
  expect(keptOf(process)).toMatchObject({ checkpoint: { snapshot: { context: { n: 1 } } } });
  const kept = keptOf(process);
  supervised.resume(kept, 'hibernation');
  expect(supervised.view.getSnapshot().context.n).toBe(1);
});

test('one that this process never ran is what is stored of it, until it is resumed', async () => {
  const first = await started(spec);
  await first.clock.advance(1_500);
  const kept = keptOf(first);
  const { supervised, clock } = await elsewhere(spec, first);
  supervised.putAway(kept);
  expect(supervised.view).toMatchObject({ status: 'stored', incarnation: 1 });
  expect(supervised.view.getSnapshot().matches('early')).toBe(true);
  expect(supervised.keep(supervised.checkpoint())).toEqual(kept);
  expect(supervised.nextDelayAt()).toBe(first.clock.wall() + 500);
  expect(clock.pending).toBe((await elsewhere(spec, first)).clock.pending);
  supervised.resume(kept, 'crash');
  // A commit that began before carried the same.
  supervised.committed(supervised.checkpoint());
  await clock.advance(2_500);
  expect(supervised.view.getSnapshot().value).toBe('late');
});

test('what holds something that no snapshot has is busy; so is one that starts, or waits to', async () => {
  const forEver = () => new Promise(() => undefined);
  const asks = setup({
    actors: {
      ask: fromPromise<unknown, { ask: () => Promise<unknown> }>(({ input }) => input.ask()),
    },
    types: { input: {} as { input: () => Promise<unknown> } },
  });
  let answer: (value: unknown) => void = () => undefined;
  const asking = asks.createMachine({
    invoke: {
      id: 'ask',
      src: 'ask',
      input: () => ({ ask: () => new Promise((resolve) => (answer = resolve)) }),
    },
  });
  const agent = await started({ logic: asking });
  expect(agent.supervised.busyWith).toContain('"ask"');
  answer('done');
  await agent.clock.settle();
  // The input of what it invokes is not JSON, but it is over.
  expect(agent.supervised.busyWith).toBeNull();
  expect((await started({ logic: fromPromise(forEver) })).supervised.busyWith).toContain('runs');
  expect((await started(spec)).supervised.busyWith).toBeNull();
  expect((await started({ logic: counts })).supervised.busyWith).toBeNull();
  const notYet = await elsewhere(spec, agent);
  expect(notYet.supervised.busyWith).toContain('starting');
  const failing = await started({ logic: worker });
  failing.supervised.send(CRASH);
  expect(failing.supervised.busyWith).toContain('restarting');
  await failing.clock.advance(500);
  expect(failing.supervised.busyWith).toBeNull();
});

const ODD: EventObject = Object.assign({ type: 'go' }, { odd: new Date(0) });

test('a snapshot or a pending event that cannot be kept makes it busy, and is reported once', async () => {
  const odd = setup({ types: { context: {} as { odd: unknown } } });
  const oddContext = odd.createMachine({ context: { odd: new Date(0) } });
  const oddEvent = createMachine({
    initial: 'a',
    states: {
      a: { entry: sendTo(({ self }) => self, ODD, { delay: 1_000 }) },
    },
  });
  for (const [logic, place] of [
    [oddContext, 'context.odd'],
    [oddEvent, 'delays.0.event.odd'],
  ] as const) {
    const { supervised, events, clock } = await started({ logic });
    expect(supervised.busyWith).toBe('its snapshot cannot be kept');
    expect(supervised.busyWith).toBe('its snapshot cannot be kept');
    expect(supervised.checkpoint()).toBeNull();
    const reports = eventsOfType(events, 'runtime.error');
    expect(reports).toMatchObject([{ error: { cause: { option: place } } }]);
    await clock.advance(1_000);
    expect(supervised.busyWith === null).toBe(logic === oddEvent);
  }
});

test('hibernated again and again it is as if nothing had been', async () => {
  const process = await started(spec);
  const { clock, supervised } = process;
  for (let n = 0; n < 8; n++) {
    await clock.advance(300);
    await hibernated(process, 200);
  }
  await clock.advance(0);
  const { value, children } = supervised.view.getSnapshot();
  expect([value, children.beats.getSnapshot().context.n]).toEqual(['late', 4]);
  expect(supervised.view.incarnation).toBe(1);
});
