import { InvalidDataError } from '../errors.ts';
import type { Session } from '../runtime/session.ts';

/** The most characters of one note, and the most notes of one session. */
export const NOTE_LIMITS = { characters: 2_000, notes: 100 } as const;

/** What became of a note: how many there are with it, or what there was no room for. */
export type Kept =
  | { readonly notes: number }
  /** `bytes`: the session's data would be too large; characters of several bytes fill it sooner. */
  | { readonly full: 'notes' | 'bytes' };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const notesIn = (data: unknown): readonly string[] => {
  const notes = isObject(data) ? data['notes'] : null;
  return Array.isArray(notes) ? notes.filter((note) => typeof note === 'string') : [];
};

/**
 * The notes of one session, bounded. They are in its data, so they live where it lives: put away with it, there after a
 * crash, gone when it ends.
 */
export class Notes {
  readonly #session: Session;
  /** The add before the next one. An update that others come in between is tried a limited number of times. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Keeps a note of at most `NOTE_LIMITS.characters`, after those before it. Resolves once it is recorded. Rejects like `Session.update`: with
   * a `StoreError` the note is there, and not recorded yet.
   */
  add(text: string): Promise<Kept> {
    const kept = this.#last.then(() => this.#add(text));
    this.#last = kept.catch(() => undefined);
    return kept;
  }

  /** All that are recorded, oldest first. */
  list(): readonly string[] {
    return notesIn(this.#session.data);
  }

  async #add(text: string): Promise<Kept> {
    try {
      const data = await this.#session.update((before) => {
        const notes = notesIn(before);
        if (notes.length >= NOTE_LIMITS.notes) throw new NoRoom();
        return { ...(isObject(before) ? before : {}), notes: [...notes, text] };
      });
      return { notes: notesIn(data).length };
    } catch (error) {
      if (error instanceof NoRoom) return { full: 'notes' };
      if (error instanceof InvalidDataError) return { full: 'bytes' };
      throw error;
    }
  }
}

/** Leaves an update without a change. */
class NoRoom extends Error {}
