import assert from 'node:assert/strict';
import type { HoldfastErrorCode } from '../../errors.ts';
import type { NewRecord, Store, StoredSession } from '../../store/contract.ts';

/** A case of the contract before it has a store. */
export interface StoreCase {
  readonly name: string;
  run(store: Store): Promise<void>;
}

/** A wall time long enough ago for every store, ms since the epoch. */
export const THEN = 1_700_000_000_000;

/** The part of a record that is opaque to stores. */
export const storedSession = (metadata: Readonly<Record<string, unknown>> = {}): StoredSession => ({
  createdAt: THEN,
  expiresAt: null,
  lastActivityAt: THEN,
  provenAt: null,
  lastSignAt: THEN,
  beats: 'first',
  watched: false,
  pausedAt: null,
  eventSeq: 0,
  operations: [],
  endedAt: null,
  reason: null,
  client: null,
  metadata,
  mcpServers: [],
  data: {},
  frontEnds: {},
  behaviour: null,
  journal: { first: 1, bytes: 0 },
});

/** A record as a runtime would make it, with what the case is about put in. */
export const newRecord = (id: string, special: Partial<NewRecord> = {}): NewRecord => ({
  id,
  principal: 'alice',
  key: null,
  owner: null,
  state: 'active',
  due: null,
  schema: 1,
  session: storedSession(),
  snapshot: null,
  ...special,
});

/** Fails unless `answer` rejects with that code. Codes, because a class may exist twice in a process. */
export const assertRejects = (answer: Promise<unknown>, code: HoldfastErrorCode): Promise<void> =>
  assert.rejects(answer, { code });

/** Fails unless the store refuses `answer` because another won. */
export const assertFenced = (answer: Promise<unknown>): Promise<void> =>
  assertRejects(answer, 'ERR_HOLDFAST_FENCED');

/** Fails unless exactly one of `answers` came and all others were refused with `code`; returns the one. */
export const assertOneWon = async <T>(
  answers: readonly Promise<T>[],
  code: HoldfastErrorCode,
): Promise<T> => {
  const won: T[] = [];
  for (const answer of await Promise.allSettled(answers)) {
    if (answer.status === 'fulfilled') won.push(answer.value);
    else assert.equal(answer.reason?.code, code, `refused with ${answer.reason}`);
  }
  assert.equal(won.length, 1, `${won.length} of ${answers.length} won`);
  return won[0] as T;
};

/** Writes into all of `value`, where it lets itself be written to: what is frozen stays as it is. */
export const scribble = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    scribble(Reflect.get(value, key));
    Reflect.set(value, key, 'scribbled');
  }
  Reflect.set(value, 'scribbled', true);
};
