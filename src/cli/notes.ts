/** The most characters of one note, and the most notes of one session. */
export const NOTE_LIMITS = { characters: 2_000, notes: 100 } as const;

/** The notes of one session: bounded, and gone with it. */
export class Notes {
  readonly #notes: string[] = [];

  /** Keeps a note and returns how many there are now; `null` when there is no room for it. */
  add(text: string): number | null {
    if (this.#notes.length >= NOTE_LIMITS.notes || text.length > NOTE_LIMITS.characters)
      return null;
    return this.#notes.push(text);
  }

  /** All of them, oldest first. */
  list(): readonly string[] {
    return this.#notes;
  }
}
