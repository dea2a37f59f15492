import {
  type SessionEventType,
  type SessionMachine,
  sessionMachine,
} from '../../machines/index.ts';
import type {
  LifecycleEvent,
  OperationOptions,
  RuntimeOptions,
  Session,
  SessionLifecycleEvent,
} from '../../src/index.ts';
import { createMemoryStore, createRuntime } from '../../src/index.ts';
import { assembleRuntime } from '../../src/runtime/create-runtime.ts';
import { TrustedRuntime } from '../../src/runtime/trusted-runtime.ts';
import type { SessionRecord, Store } from '../../src/store/contract.ts';
import { type FaultyStoreOptions, faultyStore } from '../../src/testing/faulty-store.ts';
import { createVirtualClock, type VirtualClock } from '../../src/time/virtual-clock.ts';

/** Short, and far enough from one another that a test can tell which of them fell due. */
export const DEADLINES = {
  idleAfterMs: 10_000,
  idleTimeoutMs: 60_000,
  heartbeatIntervalMs: 5_000,
  heartbeatMissed: 3,
  pausedTimeoutMs: 120_000,
  maxLifetimeMs: 1_000_000,
} as const;

/** How often the wheel looks with these deadlines, ms: what a deadline may be overshot by. */
export const TICK = 250;

/** A runtime on a virtual clock, and all it has told so far. */
export const quietRuntime = (options: RuntimeOptions = {}, clock = createVirtualClock()) => {
  const runtime = createRuntime({ clock, deadlines: DEADLINES, ...options });
  const events: LifecycleEvent[] = [];
  runtime.subscribe((event) => events.push(event));
  return { clock, runtime, events };
};

/** The same, with its parts: for what cannot be had from outside, such as another chart. */
export const openRuntime = (
  options: RuntimeOptions = {},
  sessionLogic?: Parameters<typeof assembleRuntime>[1],
) => {
  const clock = createVirtualClock();
  const context = assembleRuntime({ clock, deadlines: DEADLINES, ...options }, sessionLogic);
  const runtime = new TrustedRuntime(context);
  const events: LifecycleEvent[] = [];
  runtime.subscribe((event) => events.push(event));
  return { clock, context, runtime, events };
};

/** A runtime over a store that goes wrong when it is told to, the memory behind it, and what was told. */
export const faultyRuntime = (
  faults: Partial<FaultyStoreOptions> = {},
  options: RuntimeOptions = {},
) => {
  const clock = createVirtualClock();
  const memory = createMemoryStore();
  const store = faultyStore(memory, { clock, random: () => 0.5, ...faults });
  return { memory, store, ...quietRuntime({ store, ...options }, clock) };
};

/** The events of one session, in short: `session.paused`, `active>paused`, `ended:client`. */
export const toldOf = (events: readonly LifecycleEvent[], id: string): string[] =>
  events
    .filter((event): event is SessionLifecycleEvent => 'seq' in event && event.id === id)
    .map(inShort);

/** What the runtime told of itself: `runtime.draining`. */
export const toldOfItself = (events: readonly LifecycleEvent[]): string[] =>
  events.filter((event) => !('seq' in event)).map((event) => event.type);

const inShort = (event: SessionLifecycleEvent): string => {
  if (event.type === 'session.state-changed') return `${event.from}>${event.to}`;
  if (event.type === 'session.ended') return `ended:${event.reason}`;
  return event.type.replace('session.', '');
};

/** What a promise is rejected with; fails the test where it is not. Attach it before time moves on. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`was not rejected, but resolved with ${JSON.stringify(value)}`);
};

/** How a promise stands now: `pending`, or what it came to. */
export const standing = async (
  clock: VirtualClock,
  promise: Promise<unknown>,
): Promise<{ is: 'pending' | 'resolved' | 'rejected'; with?: unknown }> => {
  let is: { is: 'pending' | 'resolved' | 'rejected'; with?: unknown } = { is: 'pending' };
  promise.then(
    (value) => {
      is = { is: 'resolved', with: value };
    },
    (error: unknown) => {
      is = { is: 'rejected', with: error };
    },
  );
  await clock.settle();
  return is;
};

/** An operation that ends when the test says so, whatever its signal says. */
export const openWork = (session: Session, options?: OperationOptions) => {
  let finish: (value: string) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const gate = new Promise<string>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const signals: AbortSignal[] = [];
  const result = session.run(
    'work',
    ({ signal }) => {
      signals.push(signal);
      return gate;
    },
    options,
  );
  result.catch(() => undefined);
  const aborted = (): boolean => signals[0]?.aborted === true;
  return { result, aborted, finish, fail };
};

/** Notes each call of a store before it is made, by name, with the id it is about where there is one. */
export const noted = (store: Store, calls: string[]): Store =>
  new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        calls.push(String(name));
        return value.apply(target, given);
      };
    },
  });

/** The record of a session as the store has it; fails the test where there is none. */
export const recordOf = async (store: Store, id: string): Promise<SessionRecord> => {
  const record = await store.load(id);
  if (record === null) throw new Error(`no record of ${id}`);
  return record;
};

/** The chart of a session, but the sessions of this principal crash when they hear an event of this type. */
export const crashingOn = (type: SessionEventType, principal = 'mallory'): SessionMachine => {
  const logic: SessionMachine = Object.create(sessionMachine);
  logic.transition = (snapshot, event, scope) => {
    if (event.type === type && snapshot.context.principal === principal) {
      throw new Error(`crashed on ${type}`);
    }
    return sessionMachine.transition(snapshot, event, scope);
  };
  return logic;
};
