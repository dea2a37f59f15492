import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Waiting, WorkQueue } from '../../../src/runtime/work/work-queue.ts';

/** An operation that notes when it is started, and may do something then. */
const waiting = (id: string, started: string[], then: () => void = () => undefined): Waiting => {
  const operation = {
    id,
    name: 'work',
    durable: false,
    state: 'queued' as Waiting['state'],
    since: 0,
    askedAt: 0,
    timeoutMs: 1_000,
    abort: () => undefined,
    interrupt: () => undefined,
    start: () => {
      operation.state = 'running';
      started.push(id);
      then();
    },
  };
  return operation;
};

test('places are given first come first served, and a free one to the next', () => {
  const started: string[] = [];
  const queue = new WorkQueue(2, () => true);
  const all = ['a', 'b', 'c', 'd'].map((id) => waiting(id, started));
  for (const one of all) queue.add(one);
  queue.fillPlaces();
  expect(started).toEqual(['a', 'b']);
  expect([queue.size, queue.running, queue.queued]).toEqual([4, 2, 2]);
  queue.remove(all[1] as Waiting);
  queue.fillPlaces();
  expect(started).toEqual(['a', 'b', 'c']);
  expect(queue.list().map(({ id }) => id)).toEqual(['a', 'c', 'd']);
});

test('one that is taken out while it waits is passed over, and frees no place', () => {
  const started: string[] = [];
  const queue = new WorkQueue(1, () => true);
  const all = ['a', 'b', 'c'].map((id) => waiting(id, started));
  for (const one of all) queue.add(one);
  queue.fillPlaces();
  queue.remove(all[1] as Waiting);
  queue.fillPlaces();
  expect([started, queue.running, queue.queued]).toEqual([['a'], 1, 1]);
  queue.remove(all[0] as Waiting);
  queue.fillPlaces();
  expect(started).toEqual(['a', 'c']);
});

test('while it is closed nothing starts', () => {
  const started: string[] = [];
  let open = false;
  const queue = new WorkQueue(1, () => open);
  queue.add(waiting('a', started));
  queue.fillPlaces();
  expect(started).toEqual([]);
  open = true;
  queue.fillPlaces();
  expect(started).toEqual(['a']);
});

test('100,000 that end as they start do so one after another, not one inside the other', () => {
  const started: string[] = [];
  const queue = new WorkQueue(1, () => open);
  let open = false;
  for (let number = 0; number < 100_000; number += 1) {
    const one: Waiting = waiting(String(number), started, () => {
      queue.remove(one);
      queue.fillPlaces();
    });
    queue.add(one);
  }
  open = true;
  queue.fillPlaces();
  expect([started.length, queue.size, queue.running]).toEqual([100_000, 0, 0]);
});

test('whatever comes and goes: all start in their order, never more than there are places', () => {
  const act = fc.record({
    do: fc.constantFrom('add', 'add', 'end', 'drop', 'shut', 'open'),
    who: fc.nat(20),
  });
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 80 }),
      fc.integer({ min: 1, max: 3 }),
      (acts, places) => {
        const started: string[] = [];
        let open = true;
        const queue = new WorkQueue(places, () => open);
        const here: Waiting[] = [];
        const dropped = new Set<string>();
        let next = 0;
        for (const { do: what, who } of acts) {
          if (what === 'add') {
            const one = waiting(String(next), started);
            next += 1;
            here.push(one);
            queue.add(one);
          }
          if (what === 'shut') open = false;
          if (what === 'open') open = true;
          const wanted = what === 'end' ? 'running' : 'queued';
          const fitting = here.filter(({ state }) => state === wanted);
          const one = fitting[who % Math.max(1, fitting.length)];
          if ((what === 'end' || what === 'drop') && one !== undefined) {
            queue.remove(one);
            here.splice(here.indexOf(one), 1);
            if (what === 'drop') dropped.add(one.id);
          }
          queue.fillPlaces();
          const running = here.filter(({ state }) => state === 'running');
          expect(queue.running).toBe(running.length);
          expect(queue.list()).toEqual(here);
          expect(running.length).toBeLessThanOrEqual(places);
          if (open) expect(running.length).toBe(Math.min(places, here.length));
          const asked = Array.from({ length: next }, (_, number) => String(number));
          expect(started).toEqual(asked.filter((id) => started.includes(id)));
          expect(started.some((id) => dropped.has(id))).toBe(false);
        }
      },
    ),
    { numRuns: 300 },
  );
});
