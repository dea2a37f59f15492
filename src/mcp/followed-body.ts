import { LIMITS } from '../limits.ts';

/** What becomes of a body nobody listens to any more. */
export type WhenGone =
  /** It is read on to its end: a client that goes away has not cancelled its request. */
  | 'read-on'
  /** It is closed: it was there for its listener only. A listener that does not read is no listener. */
  | 'close';

/** A response body on its way to the client. */
export interface Followed {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when the source has ended, failed or been closed, however slowly the client reads. */
  readonly ended: Promise<void>;
  /** False while the client has `LIMITS.streamBytes` or `streamEvents` to read: leave out what may be. */
  hasRoom(): boolean;
}

/** A comment, to whoever reads server-sent events. */
const OPEN = new TextEncoder().encode(': open\n\n');

const LEAST_BYTES = LIMITS.streamBytes / LIMITS.streamEvents;

/**
 * Hands a response body on, and tells when it has ended. What the client has not read yet waits in memory.
 * Past the bound a body that is `close`d when its listener goes is cut, with an error. One that is read on
 * holds answers and is never cut: whoever fills it asks `hasRoom` first.
 *
 * @param client whose signal is aborted when it is gone: the request itself, which is held on to until the body has ended.
 * Node cuts a request's signal off from whoever aborts it once nobody holds the request.
 */
export const followBody = (
  source: ReadableStream<Uint8Array>,
  client: { readonly signal: AbortSignal },
  whenGone: WhenGone,
): Followed => {
  const reader = source.getReader();
  let listener: ReadableStreamDefaultController<Uint8Array> | null = null;
  const leave = (): void => {
    listener = null;
    // The end of the loop below follows from it.
    if (whenGone === 'close') void reader.cancel().catch(() => {});
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        listener = controller;
        // The headers go out with the first bytes, and a quiet stream has none for long: its client would take it
        // for one that was never opened.
        if (whenGone === 'close') controller.enqueue(OPEN);
      },
      cancel: leave,
    },
    {
      highWaterMark: LIMITS.streamBytes,
      size: ({ byteLength }) => Math.max(byteLength, LEAST_BYTES),
    },
  );
  const hasRoom = (): boolean => listener === null || (listener.desiredSize ?? 0) > 0;
  const onGone = (): void => {
    // Closed and not only forgotten: whoever writes it to the socket waits for its end.
    listener?.close();
    leave();
  };
  const pump = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (whenGone === 'close' && !hasRoom()) {
          listener?.error(new Error('The client does not read its stream.'));
          leave();
        }
        listener?.enqueue(value);
      }
      listener?.close();
    } catch (error) {
      listener?.error(error);
    } finally {
      listener = null;
      client.signal.removeEventListener('abort', onGone);
    }
  };
  client.signal.addEventListener('abort', onGone, { once: true });
  if (client.signal.aborted) onGone();
  return { body, ended: pump(), hasRoom };
};
