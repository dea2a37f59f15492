/** Who said a message. */
export type MessageRole = 'user' | 'assistant' | 'system' | 'tool';

/** What a message says: a text, or parts of any JSON shape that have a `type`. */
export type MessageContent = string | readonly MessagePart[];

/** One structured part of a message, such as an image or a tool call. */
export interface MessagePart {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A message as it is appended. Other fields than these are not kept. */
export interface NewMessage {
  readonly role: MessageRole;
  readonly content: MessageContent;
  /** The owner's own data about it: JSON. Counts towards the size of the message. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A message as it is read. */
export interface Message extends NewMessage {
  /** Its place in the session's journal: greater for a later one, but not without holes. */
  readonly seq: number;
  /** Wall time at which it was appended, ms since the epoch. */
  readonly at: number;
}

/** Which messages are read. */
export interface MessagesOptions {
  /** Only messages after this `seq`; default 0: from the beginning, or the first one still kept. */
  readonly after?: number;
  /** At most this many, at least 1; default and most 1,000. */
  readonly limit?: number;
}

/** One page of messages, oldest first. */
export interface MessagePage {
  readonly messages: readonly Message[];
  /** Give it back as `after` to go on; `null` at the end. */
  readonly cursor: number | null;
}

/**
 * How much a session's journal may hold, and what happens then. Messages count, and what durable operations record of
 * themselves; one whose start has no room is not run. The outcome of one that was started is never refused: by that
 * much a journal may be over its bounds.
 */
export interface JournalOptions {
  /** Entries, at least 1; default 10,000. */
  readonly maxEntries?: number;
  /** Bytes of JSON, at least 1; default 16 MiB. */
  readonly maxBytes?: number;
  /**
   * `'refuse'` (default): `JournalFullError`. `'drop-oldest'`: the oldest entries make room, up to an eighth of the bound
   * more than needed; the start of a durable operation that still runs stays, and refuses what comes then.
   */
  readonly onFull?: 'refuse' | 'drop-oldest';
}
