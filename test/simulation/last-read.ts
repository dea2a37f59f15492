import type { SessionRecord } from '../../src/index.ts';

/**
 * What one process read of each record last, where nobody asked for a change of it since: that must be so after a crash,
 * too. A store that answers a read with what may yet be lost, or may yet come, is found out by it.
 */
export class LastRead {
  /** The token that was read, by id; `null`: there was no record. */
  readonly #tokens = new Map<string, string | null>();
  /** Changes that were not answered yet, by id. */
  readonly #changing = new Map<string, number>();

  /** Changes of these ids are asked for. */
  asks(ids: readonly string[]): void {
    for (const id of ids) {
      this.#tokens.delete(id);
      this.#changing.set(id, (this.#changing.get(id) ?? 0) + 1);
    }
  }

  /** They were answered, or refused. */
  answered(ids: readonly string[]): void {
    for (const id of ids) {
      const left = (this.#changing.get(id) ?? 0) - 1;
      if (left > 0) this.#changing.set(id, left);
      else this.#changing.delete(id);
    }
  }

  read(id: string, record: SessionRecord | null): void {
    if (!this.#changing.has(id)) this.#tokens.set(id, record?.token ?? null);
  }

  /** The ids of those that are not as they were read. */
  otherThan(found: ReadonlyMap<string, { readonly record: SessionRecord }>): readonly string[] {
    const other = [...this.#tokens].filter(
      ([id, token]) => (found.get(id)?.record.token ?? null) !== token,
    );
    return other.map(([id]) => id);
  }
}
