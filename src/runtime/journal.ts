import type { Message, MessagePage, MessagesOptions, NewMessage } from './conversation.ts';
import type { SessionHost } from './host.ts';
import type { RuntimeContext } from './runtime-context.ts';

/** Appends a message. See `Session.append`. */
export const append = async (
  _context: RuntimeContext,
  _host: SessionHost,
  _message: NewMessage,
): Promise<Message> => {
  throw new Error('not built yet');
};

/** Reads messages. See `Session.messages`. */
export const messages = async (
  _context: RuntimeContext,
  _id: string,
  _options: MessagesOptions,
): Promise<MessagePage> => {
  throw new Error('not built yet');
};
