import type { Operation } from './host.ts';

/** The operations of one session, in the order they were asked for. */
export class WorkQueue {
  readonly #operations = new Map<string, Operation>();

  get size(): number {
    return this.#operations.size;
  }

  add(operation: Operation): void {
    this.#operations.set(operation.id, operation);
  }

  /** Whether it was there. */
  remove(id: string): boolean {
    return this.#operations.delete(id);
  }

  get(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  /** A copy: it may change while the list is gone through. */
  list(): Operation[] {
    return [...this.#operations.values()];
  }
}
