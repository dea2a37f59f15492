import {
  LIMITS,
  type OperationHandler,
  type RuntimeOptions,
  type Store,
} from '../../../src/index.ts';
import { faultyRuntime } from '../fixture.ts';

/** What the handlers of one test were given, and what ends the ones that hang. */
const handlers = () => {
  const calls: unknown[] = [];
  let finish: (value: unknown) => void = () => undefined;
  const gate = new Promise((resolve) => {
    finish = resolve;
  });
  const operations: Record<string, OperationHandler> = {
    echo: (input) => {
      calls.push(input);
      return { echoed: input };
    },
    nothing: (input) => void calls.push(input),
    fail: () => Promise.reject(new Error('no such luck')),
    hang: (input) => {
      calls.push(input);
      return gate;
    },
    date: () => new Date(0),
    long: () => 'x'.repeat(LIMITS.messageBytes),
  };
  return { calls, operations, finish };
};

/** A session whose handlers are known, over a store that goes wrong when it is told to. */
export const begun = async (options: RuntimeOptions = {}) => {
  const { calls, operations, finish } = handlers();
  const faulty = faultyRuntime({}, { operations, ...options });
  const session = await faulty.runtime.create({ principal: 'ada' });
  const journal = () => entriesOf(faulty.memory, session.id);
  return { ...faulty, session, calls, finish, journal };
};

const entriesOf = async (store: Store, id: string): Promise<unknown[]> => {
  const entries = await store.readJournal(id, { after: 0, limit: 1_000 });
  return entries.map(({ data }) => data);
};

export const DURABLE = { durable: true } as const;
