/**
 * One lane a session: what takes it into memory, out of it, or to its end without it, is done one after another, so that
 * each step finds the session as the one before left it. A session without a step has no entry.
 */
export class Lanes<Session extends object> {
  readonly #last = new Map<Session, Promise<unknown>>();
  readonly #onRest: () => void;

  /** @param onRest called when the last step of all is over. */
  constructor(onRest: () => void) {
    this.#onRest = onRest;
  }

  /** Sessions that have a step under way. */
  get size(): number {
    return this.#last.size;
  }

  /** Whether this one has. */
  has(session: Session): boolean {
    return this.#last.has(session);
  }

  /** Makes a step when those before it are over, however they ended: at once where there are none. */
  run<T>(session: Session, step: () => Promise<T>): Promise<T> {
    const before = this.#last.get(session);
    const turn = before === undefined ? step() : before.then(step, step);
    this.#last.set(session, turn);
    const over = (): void => {
      if (this.#last.get(session) !== turn) return;
      this.#last.delete(session);
      if (this.#last.size === 0) this.#onRest();
    };
    turn.then(over, over);
    return turn;
  }
}
