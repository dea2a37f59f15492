/** What is wrong with something that was read, as the end of a sentence. */
export class Unsound extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Unsound';
  }
}

/** A record that may be sound, and is of no use to this version: `id` is the session's, where it says one. */
export class UnreadableHere extends Unsound {
  readonly id: string | null;

  constructor(id: string | null, why: string) {
    super(`cannot be read. ${why}`);
    this.name = 'UnreadableHere';
    this.id = id;
  }
}
