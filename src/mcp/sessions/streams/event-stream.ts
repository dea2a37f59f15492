import type { StreamEvent } from './event-ring.ts';

/**
 * A message as a server-sent event. JSON has no line break of its own, so it is one line; the name of the event is the
 * default one, given because some clients look for it.
 */
export const eventText = ({ id, json }: StreamEvent): string =>
  `event: message\nid: ${id}\ndata: ${json}\n\n`;

/** A message that is not to be resumed from: a ping, or a stream without a ring. */
export const messageText = (json: string): string => `event: message\ndata: ${json}\n\n`;

/** An event without a message: where its client resumes, and how long it waits before that, ms. */
export const primingText = (id: string, retryMs: number | null): string =>
  `id: ${id}\n${retryMs === null ? '' : `retry: ${retryMs}\n`}data: \n\n`;

/** How long the client waits before it comes again, ms. */
export const retryText = (retryMs: number): string => `retry: ${retryMs}\n\n`;

/** A comment: the headers go out with the first bytes, and a quiet stream has none for long. */
export const OPEN_TEXT = ': open\n\n';

/** A comment, so that nobody on the way takes a silent stream for a dead one. */
export const KEEP_ALIVE_TEXT = ': keep-alive\n\n';

/** A comment, for whoever looks into a stream that misses something. No client acts on it. */
export const GAP_TEXT = ': events before this are not kept any more\n\n';

/**
 * The headers of a stream. Without the session's id: the client sent it, and a GET's response, head and all, is held for as
 * long as it is open.
 */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};
