import type { Answer, Call, Row, Thread } from '../../../src/store/sqlite/calls.ts';
import { storedSession } from '../../../src/testing/store-contract/case.ts';

/** A thread that answers when it is told to. */
export class HandThread implements Thread {
  readonly groups: (readonly Call[])[] = [];
  closes = 0;
  answer: (call: Call) => Answer = answerOf;
  readonly #waiting: { group: readonly Call[]; settle: (lost: Error | null) => void }[] = [];

  send(group: readonly Call[]): Promise<readonly Answer[]> {
    this.groups.push(group);
    return new Promise((resolve, reject) => {
      const settle = (lost: Error | null) =>
        lost === null ? resolve(group.map((call) => this.answer(call))) : reject(lost);
      this.#waiting.push({ group, settle });
    });
  }

  /** How many groups are under way. */
  get underWay(): number {
    return this.#waiting.length;
  }

  async done(groups = 1, lost: Error | null = null): Promise<void> {
    for (const { settle } of this.#waiting.splice(0, groups)) settle(lost);
    await turn();
  }

  async close(): Promise<void> {
    this.closes += 1;
  }
}

/** Until the next turn of the loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A row of nothing in particular. */
export const rowOf = (id: string): Row => ({
  id,
  principal: null,
  key: null,
  token: 't',
  epoch: 1,
  owner: null,
  state: 'active',
  due: null,
  journalSeq: 0,
  schema: 1,
  session: JSON.stringify(storedSession()),
  snapshot: 'null',
});

const answerOf = (call: Call): Answer => {
  if (call.op === 'load') return { value: rowOf(call.id) };
  if (call.op === 'create') return { value: { ...rowOf(call.row.id), session: null } };
  return { value: call.op === 'count' ? 0 : rowOf('id' in call ? call.id : 'a') };
};
