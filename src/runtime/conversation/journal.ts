import { Withheld } from '../../errors/withheld.ts';
import { InvalidOptionError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { JournalEntry } from '../../store/contract.ts';
import { jsonCopy } from '../../store/json-copy.ts';
import { isReceiving } from '../../xstate/session-actor.ts';
import { storeRead } from '../commits/store-read.ts';
import type { SessionHost } from '../host.ts';
import { afterTurn, assertOpen } from '../lifecycle/lifecycle.ts';
import { touch } from '../liveness/liveness.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type {
  Message,
  MessageContent,
  MessagePage,
  MessageRole,
  MessagesOptions,
  NewMessage,
} from './conversation.ts';
import { appendBounded } from './journal-bounds.ts';
import { entryBytes, isMessageEntry, type MessageEntry } from './journal-entries.ts';

/** Appends a message. See `Session.append`. */
export const append = async (
  context: RuntimeContext,
  host: SessionHost,
  message: NewMessage,
): Promise<Message> => {
  const entry = checkedMessage(message, context.clock.wall());
  if (isReceiving(host.actor)) await afterTurn(host);
  touch(context, host);
  // A listener that heard of the activity may have ended it.
  assertOpen(host);
  return asMessage(await appendBounded(context, host, entry, { told: true }), entry);
};

/** Reads messages. See `Session.messages`. */
export const messages = async (
  context: RuntimeContext,
  id: string,
  options: MessagesOptions,
): Promise<MessagePage> => {
  const { after, limit } = checkedRead(options);
  const found: Message[] = [];
  for (let read = after; ; ) {
    // One more than fits: so there is a next page, and the cursor is not given for nothing.
    const most = Math.max(limit + 1 - found.length, LEAST_READ);
    const page: readonly JournalEntry[] = await storeRead(
      'the conversation',
      context.store.readJournal(id, { after: read, limit: most }),
    );
    for (const { seq, data } of page) {
      read = seq;
      if (!isMessageEntry(data)) continue;
      if (found.length === limit) return { messages: found, cursor: found.at(-1)?.seq ?? null };
      found.push(asMessage(seq, data));
    }
    if (page.length < most) return { messages: found, cursor: null };
  }
};

/** Entries read at once at least: a small page is not to be many reads where the messages lie far apart. */
const LEAST_READ = 50;

const asMessage = (seq: number, { role, content, metadata, at }: MessageEntry): Message =>
  Object.freeze({ seq, at, role, content, ...(metadata === undefined ? {} : { metadata }) });

const ROLES: readonly MessageRole[] = ['user', 'assistant', 'system', 'tool'];

/** The entry of a message, copied: nothing is shared with the caller. Throws `InvalidOptionError`. */
const checkedMessage = (message: NewMessage, at: number): MessageEntry => {
  if (typeof message !== 'object' || message === null) {
    throw new InvalidOptionError(
      'message',
      new Withheld(message),
      'an object with a role and a content',
    );
  }
  const { role, content, metadata } = message;
  if (!ROLES.includes(role)) {
    throw new InvalidOptionError(
      'message.role',
      new Withheld(role),
      "'user', 'assistant', 'system' or 'tool'",
    );
  }
  const entry: MessageEntry = {
    kind: 'message',
    at,
    role,
    content: checkedContent(content),
    ...(metadata === undefined ? {} : { metadata: checkedMetadata(metadata) }),
  };
  const bytes = entryBytes(entry);
  if (bytes <= LIMITS.messageBytes) return entry;
  const allowed = `at most ${LIMITS.messageBytes} bytes of JSON, its metadata included`;
  throw new InvalidOptionError('message', `${bytes} bytes`, allowed);
};

const checkedContent = (content: MessageContent): MessageContent => {
  if (typeof content === 'string') return content;
  const allowed = 'a text, or an array of at least one object with a text as its `type`';
  if (!Array.isArray(content) || content.length === 0) {
    throw new InvalidOptionError('message.content', new Withheld(content), allowed);
  }
  const copy = jsonCopy(content as Exclude<MessageContent, string>, 'message.content');
  for (const part of copy) {
    if (typeof part !== 'object' || part === null || typeof part.type !== 'string') {
      throw new InvalidOptionError('message.content', new Withheld(part), allowed);
    }
  }
  return copy;
};

const checkedMetadata = (
  metadata: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) {
    return jsonCopy(metadata, 'message.metadata');
  }
  throw new InvalidOptionError('message.metadata', new Withheld(metadata), 'a JSON object');
};

const checkedRead = ({
  after = 0,
  limit = LIMITS.messagesPage,
}: MessagesOptions): { after: number; limit: number } => {
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new InvalidOptionError('after', after, 'the seq of a message, or 0');
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMITS.messagesPage) {
    throw new InvalidOptionError('limit', limit, `a whole number from 1 to ${LIMITS.messagesPage}`);
  }
  return { after, limit };
};
