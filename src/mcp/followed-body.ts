/** What becomes of a body nobody listens to any more. */
export type WhenGone =
  /** It is read on to its end: a client that goes away has not cancelled its request. */
  | 'read-on'
  /** It is closed: it was there for its listener only. */
  | 'close';

/**
 * Hands a response body on, and tells when it has ended, however slowly or not at all it is read by the
 * client. What is not read yet waits in memory, as it would in the SDK's own stream.
 *
 * @param gone aborted when the client is gone.
 * @param onEnd called once, when the source has ended, failed or been closed.
 */
export const followBody = (
  source: ReadableStream<Uint8Array>,
  gone: AbortSignal,
  whenGone: WhenGone,
  onEnd: () => void,
): ReadableStream<Uint8Array> => {
  const reader = source.getReader();
  let listener: ReadableStreamDefaultController<Uint8Array> | null = null;
  const leave = (): void => {
    listener = null;
    // The end of the loop below follows from it.
    if (whenGone === 'close') void reader.cancel().catch(() => {});
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      listener = controller;
    },
    cancel: leave,
  });
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
        listener?.enqueue(value);
      }
      listener?.close();
    } catch (error) {
      listener?.error(error);
    } finally {
      listener = null;
      gone.removeEventListener('abort', onGone);
      onEnd();
    }
  };
  gone.addEventListener('abort', onGone, { once: true });
  if (gone.aborted) onGone();
  void pump();
  return body;
};
