/** Where a body is written to: a socket, or a web stream. After `end`, or once the client has left, it takes nothing and says nothing. */
export interface Sink {
  /** Writes text as UTF-8. What the client does not take yet waits in memory: look at `unreadBytes`. */
  write(text: string): void;
  /** Bytes written that the client has not taken. */
  readonly unreadBytes: number;
  /**
   * Calls back once, when the client has taken all that was written; the same callback twice is once. For whoever has found
   * too much unread: with little it may not come at all, nor does it from a client that does not read.
   */
  whenRead(callback: () => void): void;
  /** The body is whole. */
  end(): void;
}

/** Writes one body. It is an object of its owner, not a closure: there may be 10,000 of them open. Its methods do not throw. */
export interface BodyWriter {
  /** Called once, as the response goes out; not at all where the body is not wanted (a HEAD). It may write, and end, at once. */
  begin(sink: Sink): void;
  /** The client left before `end`, or the body is not wanted, so `begin` may never have been called. Called at most once. */
  gone(): void;
}

/** A web stream as a sink, and the source of that stream: it begins when somebody reads. */
class WebSink implements Sink {
  #writer: BodyWriter | null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #onRead: (() => void) | null = null;

  constructor(writer: BodyWriter) {
    this.#writer = writer;
  }

  get unreadBytes(): number {
    return 0 - (this.#controller?.desiredSize ?? 0);
  }

  /** The writer, to whoever writes the body elsewhere; this stream has none then. `null`: it was taken or has begun. */
  take(): BodyWriter | null {
    const writer = this.#controller === null ? this.#writer : null;
    if (writer !== null) this.#writer = null;
    return writer;
  }

  whenRead(callback: () => void): void {
    this.#onRead = callback;
  }

  write(text: string): void {
    if (this.#writer !== null && text !== '') this.#controller?.enqueue(UTF8.encode(text));
  }

  end(): void {
    if (this.#writer === null) return;
    this.#writer = null;
    this.#controller?.close();
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (this.#controller !== null) {
      // Somebody reads, and nothing is left.
      const onRead = this.#onRead;
      this.#onRead = null;
      onRead?.();
      return;
    }
    this.#controller = controller;
    this.#writer?.begin(this);
  }

  cancel(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.gone();
  }
}

const UTF8 = new TextEncoder();

/** Nothing is asked for before somebody reads, and what is queued is counted in bytes. */
const ON_DEMAND = new ByteLengthQueuingStrategy({ highWaterMark: 0 });

class WrittenResponse extends Response {
  readonly #sink: WebSink;

  constructor(writer: BodyWriter, init?: ResponseInit) {
    const sink = new WebSink(writer);
    super(new ReadableStream(sink, ON_DEMAND), init);
    this.#sink = sink;
  }

  static writerOf(response: Response): BodyWriter | undefined {
    if (!(#sink in response) || response.bodyUsed || response.body?.locked) return undefined;
    const writer = response.#sink.take();
    if (writer === null) return undefined;
    // Whoever reads it after all gets an error, and not a body that never comes.
    response.body?.getReader();
    return writer;
  }
}

/**
 * A response with a body that an adapter of `holdfast/adapters` writes straight to its socket. To anybody else (Bun, Deno,
 * a test that calls `text()`) it is an ordinary stream: the first read calls `writer.begin`, a cancel calls `writer.gone`.
 *
 * Nothing begins before the body is read or taken. So whoever drops such a response unread leaves its writer waiting: call
 * `discardBody`, or `response.body?.cancel()`: both call `gone`.
 */
export const writtenResponse = (writer: BodyWriter, init?: ResponseInit): Response =>
  new WrittenResponse(writer, init);

/**
 * For adapters: the writer of a response's body; `undefined` for any other response, once its body is being read, and the
 * second time. The response's own body is locked from now on. Whoever takes the writer calls `begin`, and later `gone`
 * where the client leaves before its end; or `gone` alone where the body is not wanted.
 */
export const writerOf = (response: Response): BodyWriter | undefined =>
  WrittenResponse.writerOf(response);

/** Lets go of whoever would have given a body that nobody will read. */
export const discardBody = (response: Response): void => {
  if (response.body?.locked === false) response.body.cancel().catch(() => {});
};
