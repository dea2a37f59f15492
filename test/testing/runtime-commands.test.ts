import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRuntime, type Runtime, type RuntimeOptions, type Session } from '../../src/index.ts';
import {
  createVirtualClock,
  type RuntimeWorld,
  runtimeCommands,
  runtimeWorld,
  type VirtualClock,
} from '../../src/testing/index.ts';

/** Runs the commands against a runtime each time; what is seen of each world at its end. */
const drive = async (
  made: (clock: VirtualClock) => Runtime,
  parameters: { readonly seed: number; readonly numRuns: number },
  seen: (world: RuntimeWorld) => void = () => undefined,
): Promise<void> => {
  const all = fc.commands(runtimeCommands(fc), { maxCommands: 40, size: 'max' });
  await fc.assert(
    fc.asyncProperty(all, async (commands) => {
      const clock = createVirtualClock();
      const runtime = made(clock);
      const world = runtimeWorld(runtime, clock);
      try {
        await fc.asyncModelRun(() => ({ model: world, real: world }), commands);
        seen(world);
      } finally {
        const closed = runtime.close();
        await clock.advance(60_000);
        await closed;
      }
    }),
    parameters,
  );
};

const small: RuntimeOptions = {
  maxResident: 5,
  maxPerPrincipal: 2,
  deadlines: { idleAfterMs: 500, idleTimeoutMs: 20_000, pausedTimeoutMs: 60_000 },
};

test('a runtime bears them all, and they get about in it', async () => {
  const states = new Set<string>();
  await drive(
    (clock) => createRuntime({ ...small, clock }),
    { seed: 1, numRuns: 40 },
    ({ sessions }) => {
      for (const { state } of sessions) states.add(state);
    },
  );
  expect([...states].sort()).toEqual(['active', 'idle', 'paused', 'terminated']);
});

/** A runtime in which one call does something else. */
const withCall = (clock: VirtualClock, name: keyof Runtime, call: (real: Runtime) => unknown) => {
  const real = createRuntime({ ...small, clock });
  return new Proxy(real, {
    get: (target, asked) => {
      if (asked === name) return () => call(target);
      const value: unknown = Reflect.get(target, asked);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};

test('a refusal without a type is found, and printed as the calls that lead there', async () => {
  const failing = (clock: VirtualClock) =>
    withCall(clock, 'get', () => Promise.reject(new TypeError('oh')));
  const error = await drive(failing, { seed: 1, numRuns: 100 }).catch((failure: Error) => failure);
  expect(error).toMatchObject({
    cause: {
      message: 'runtime.get(session(0).id) was refused with no HoldfastError: TypeError: oh',
    },
  });
  const [, calls] = /Counterexample: \[(.*) \/\*replayPath/.exec(String(error)) ?? [];
  expect(calls).toBe(
    'sessions.push(await runtime.create({ principal: null })),await runtime.get(session(0).id)',
  );
});

test('what is printed runs where it is pasted', async () => {
  const failing = (clock: VirtualClock) =>
    withCall(clock, 'validateAll', (real) =>
      real.stats().beats === 0 ? [] : [{ id: 'runtime', problem: 'beaten', detail: 'once' }],
    );
  const error = await drive(failing, { seed: 1, numRuns: 100 }).catch((failure: Error) => failure);
  expect(error).toMatchObject({ cause: { message: 'runtime: beaten, once' } });
  const [, calls] = /Counterexample: \[(.*) \/\*replayPath/.exec(String(error)) ?? [];
  const clock = createVirtualClock();
  const runtime = failing(clock);
  const sessions: Session[] = [];
  const session = (n: number) => sessions[n % sessions.length];
  const pasted = new Function(
    'runtime',
    'sessions',
    'session',
    `return (async () => (${calls}))()`,
  );
  await pasted(runtime, sessions, session);
  expect(runtime.validateAll()).toHaveLength(1);
  await runtime.close();
});
