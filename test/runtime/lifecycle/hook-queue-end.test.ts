import { expect, test } from 'vitest';
import { LIMITS } from '../../../src/index.ts';
import { quietRuntime, recordOf } from '../fixture.ts';
import { begunNoting, hang, noting } from './noting-hooks.ts';

// The end as the hooks tell it: `onTerminated` is the last one, and nothing that hangs holds the end for long.

test('without an onTerminated the last step is a step like the others', async () => {
  const { calls, hooks } = noting();
  const { onStateChanged = hang } = hooks;
  const { clock, runtime } = quietRuntime({ hooks: { onStateChanged } });
  const session = await runtime.create({ principal: 'ada' });
  await session.terminate();
  await clock.settle();
  expect(calls).toEqual(['initializing>active', 'active>terminating', 'terminating>terminated']);
});

test('onTerminated runs when the end is recorded and the tombstone is not', async () => {
  const seen: unknown[] = [];
  const { memory, session } = await begunNoting(undefined, {
    hooks: {
      onTerminated: async (own, reason) => {
        const { state, session: stored } = await recordOf(memory, own.id);
        seen.push([own.state, state, stored.reason, reason]);
      },
    },
  });
  await session.terminate('operator');
  expect(seen).toEqual([['terminating', 'terminating', 'operator', 'operator']]);
});

test.each(['fail', 'lose-answer', 'lose-request'] as const)(
  'onTerminated runs once, whatever becomes of the commits around it: %s',
  async (fault) => {
    const { clock, session, store, calls } = await begunNoting((told) => {
      // The tombstone goes wrong too.
      if (told === 'terminated:client') store.break(fault);
    });
    store.break(fault);
    session.terminate().catch(() => undefined);
    await clock.settle();
    store.heal();
    await clock.advance(5_000);
    store.heal();
    await clock.advance(LIMITS.commitRetryMaxMs);
    expect(session.state).toBe('terminated');
    expect(calls.filter((call) => call.startsWith('terminated'))).toHaveLength(1);
    expect(calls.at(-1)).toBe('terminated:client');
  },
);

test('hooks that hang hold the end for as long as one may take, not for each of them', async () => {
  const { clock, session, calls, errors } = await begunNoting((told) =>
    told.startsWith('terminated') ? undefined : hang(),
  );
  await session.pause();
  await session.resume();
  const end = session.terminate();
  await clock.advance(LIMITS.hookTimeoutMs);
  expect(await end).toBe('client');
  await clock.advance(60_000);
  // The first hung from the start on, the second until the end; the others had their chance.
  expect(calls).toEqual(['created', 'initializing>active', 'terminated:client']);
  expect(errors.map(({ info }) => info.where).sort()).toEqual([
    'hooks',
    'onCreated',
    'onStateChanged',
  ]);
});
