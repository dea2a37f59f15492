import type { Session } from '../../runtime/session.ts';
import { isObject } from './json-rpc.ts';
import type { LegContext } from './leg-context.ts';
import { SessionStreams } from './streams/session-streams.ts';

/** The streams of a session that can be resumed: of its connection, or as they were kept when it was put away. */
const streamsOf = (
  { connections, keepAlives, full }: LegContext,
  session: Session,
): SessionStreams => {
  const connection = connections.get(session.id);
  if (connection !== null) return connection.streams;
  const kept = session.frontEnd('mcp').value;
  const options = { sessionId: session.id, keepAlives, full };
  return SessionStreams.restored(isObject(kept) ? kept['streams'] : null, options);
};

/**
 * Answers a GET. Without `Last-Event-ID` it is the stream for what the server says unasked: presence, neither work nor
 * activity. It neither wakes a stored session nor has its server made, and stays open while that is put away and woken. A
 * second one takes the place of the first: whose client is gone without a word would keep its own next one out.
 *
 * With `Last-Event-ID` it is the stream of that event, from there on: of a POST, or this one. An event that is not known
 * (forgotten, of another session, nobody's) has nothing repeated, whichever it is: see `SessionStreams.resume`.
 *
 * @param marked whether the client can read an event without data, which tells it where to resume.
 */
export const listen = (
  context: LegContext,
  session: Session,
  request: Request,
  marked: boolean,
): Response => {
  const streams = streamsOf(context, session);
  const last = request.headers.get('last-event-id');
  const resumed = last === null ? 'standing' : streams.resume(last);
  if (resumed !== 'standing') return resumed;
  const replay = last === null ? null : streams.standing.after(last);
  const mark = marked ? streams.standing.mark() : null;
  const response = context.open.open(session, { replay, mark });
  context.connections.get(session.id)?.unasked.opened(replay?.events ?? []);
  return response;
};
