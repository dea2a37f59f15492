import { OutcomeUnknown, StoreError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { type Answer, type Call, isRead, NotSent, type Thread, type Values } from './calls.ts';
import { failureError, refusalError } from './failures.ts';
import { charactersOfAnswer, charactersOfCall } from './weights.ts';

/** A call that has no answer yet. */
interface Waiting {
  readonly call: Call;
  resolve(value: Values[keyof Values]): void;
  reject(error: Error): void;
}

/**
 * The calls on their way to the thread and back. What is asked within one turn, and what is asked while
 * `LIMITS.storeGroupsUnderWay` groups are under way, goes together: one transaction and one sync for all of it. So the
 * busier the store, the larger the groups, up to their limits.
 *
 * Answers come in the order of the calls. Long ones come in bursts, with a `pause` between them.
 */
export class CallQueue {
  readonly #thread: Thread;
  readonly #pause: () => Promise<void>;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #woken = false;
  /** Answers that came before are being given out. */
  #givenOut: Promise<void> = Promise.resolve();
  /** Why nothing is asked any more. */
  #over: StoreError | null = null;
  #onIdle: (() => void) | null = null;

  /** @param pause lets other work of the process in; asked for only after a long answer. */
  constructor(thread: Thread, pause: () => Promise<void>) {
    this.#thread = thread;
    this.#pause = pause;
  }

  /** @throws (rejects) what the contract of `Store` says. */
  ask<C extends Call>(call: C): Promise<Values[C['op']]> {
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      // The thread answers a call with the value of its method.
      const settle = resolve as (value: Values[keyof Values]) => void;
      this.#waiting.push({ call, resolve: settle, reject });
      // A whole group waits for no other: the thread is at work while the rest of a burst is still asked for.
      if (this.#waiting.length >= LIMITS.storeGroupCalls) this.#send();
      if (this.#woken) return;
      this.#woken = true;
      queueMicrotask(() => {
        this.#woken = false;
        this.#send();
      });
    });
  }

  /** Takes no call any more, and resolves when all that were taken before are answered. */
  async drain(over: StoreError): Promise<void> {
    this.#over ??= over;
    if (this.#waiting.length === 0 && this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#underWay < LIMITS.storeGroupsUnderWay) {
      const group = this.#waiting.splice(0, groupLength(this.#waiting));
      this.#underWay += 1;
      const answers = this.#thread.send(group.map(({ call }) => call));
      const givenBefore = this.#givenOut;
      this.#givenOut = this.#settle(group, answers, givenBefore);
    }
    if (this.#underWay === 0) this.#onIdle?.();
  }

  async #settle(
    group: readonly Waiting[],
    coming: Promise<readonly Answer[]>,
    givenBefore: Promise<void>,
  ): Promise<void> {
    try {
      const answers = await coming;
      await givenBefore;
      await this.#giveOut(group, answers);
    } catch (error) {
      await givenBefore;
      if (error instanceof NotSent) notSent(group, error);
      else this.#lost(group, error);
    }
    this.#underWay -= 1;
    this.#send();
  }

  async #giveOut(group: readonly Waiting[], answers: readonly Answer[]): Promise<void> {
    let characters = 0;
    for (const [at, waiting] of group.entries()) {
      const answer = answers[at];
      if (answer === undefined) throw new Error('the thread left a call without an answer');
      const length = charactersOfAnswer(answer);
      characters += length;
      if (characters > LIMITS.storeBurstCharacters && characters > length) {
        characters = length;
        await this.#pause();
      }
      if ('value' in answer) waiting.resolve(answer.value);
      else if ('refused' in answer) waiting.reject(refusalError(answer.refused, waiting.call));
      else waiting.reject(failureError(answer.failed, waiting.call));
    }
  }

  /** The thread is gone. Of what it had been sent nobody knows; what it had not been sent was not done. */
  #lost(group: readonly Waiting[], cause: unknown): void {
    const over = new StoreError('its thread has ended: restart the process', cause, false);
    this.#over ??= over;
    for (const { call, reject } of group) {
      reject(isRead(call) ? over : new OutcomeUnknown(`the call \`${call.op}\``, cause));
    }
    for (const { reject } of this.#waiting.splice(0)) reject(over);
  }
}

/** Certain, and for these calls only. */
const notSent = (group: readonly Waiting[], { cause }: NotSent): void => {
  const error = new StoreError('what was asked cannot be sent to its thread', cause, false);
  for (const { reject } of group) reject(error);
};

/** How many of the first calls go together: at least one. */
const groupLength = (waiting: readonly Waiting[]): number => {
  let length = 0;
  let characters = 0;
  for (const { call } of waiting) {
    characters += charactersOfCall(call);
    if (length > 0 && characters > LIMITS.storeGroupCharacters) break;
    length += 1;
    if (length === LIMITS.storeGroupCalls) break;
  }
  return length;
};
