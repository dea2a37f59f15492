import type { ServerResponse } from 'node:http';
import { type BodyWriter, discardBody, type Sink, writerOf } from '../written-response.ts';
import type { Leaver, NodeClient } from './node-client.ts';

/** A body that is ready up to so many bytes, and whole, goes out in one write with its length. */
const WHOLE_BYTES = 64 * 1024;

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Read = Awaited<ReturnType<Reader['read']>>;

/** The socket of an open answer, to whoever writes its body. */
class NodeSink implements Sink, Leaver {
  #res: ServerResponse | null;
  #writer: BodyWriter | null;
  #isQuiet = true;

  constructor(res: ServerResponse, writer: BodyWriter) {
    this.#res = res;
    this.#writer = writer;
  }

  get unreadBytes(): number {
    return this.#res?.writableLength ?? 0;
  }

  whenRead(callback: () => void): void {
    this.#res?.off('drain', callback).once('drain', callback);
  }

  begin(): void {
    this.#writer?.begin(this);
    // The head goes out with the first bytes, and a quiet stream has none for long: its client would take it for one that
    // was never opened.
    if (this.#isQuiet) this.#res?.flushHeaders();
  }

  write(text: string): void {
    if (text === '') return;
    this.#isQuiet = false;
    this.#res?.write(text);
  }

  end(): void {
    const res = this.#res;
    this.#res = null;
    this.#writer = null;
    res?.end();
  }

  leave(): void {
    const writer = this.#writer;
    this.#res = null;
    this.#writer = null;
    writer?.gone();
  }
}

/** A body that somebody else's stream gives: written as fast as the client takes it, cancelled when it leaves. */
class Piping implements Leaver {
  readonly #res: ServerResponse;
  readonly #reader: Reader;
  /** Held: where nobody holds a request, its signal may be cut off from whoever aborts it. */
  readonly #request: Leaver;
  #goOn: (() => void) | null = null;
  #hasLeft = false;

  constructor(res: ServerResponse, reader: Reader, request: Leaver) {
    this.#res = res;
    this.#reader = reader;
    this.#request = request;
  }

  async pipe(ready: readonly Uint8Array[], upcoming: Promise<Read>): Promise<void> {
    this.#res.on('drain', () => this.#goOn?.());
    for (const chunk of ready) this.#res.write(chunk);
    if (ready.length === 0) this.#res.flushHeaders();
    for (let next = upcoming; !this.#hasLeft; next = this.#reader.read()) {
      const { done, value } = await next;
      if (this.#hasLeft) return;
      if (done) {
        this.#res.end();
        return;
      }
      if (!this.#res.write(value)) await this.#drained();
    }
  }

  leave(): void {
    this.#hasLeft = true;
    this.#request.leave();
    this.#reader.cancel().catch(() => {});
    this.#goOn?.();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }
}

interface Ready {
  readonly chunks: Uint8Array[];
  /** What comes after them; `null`: that is all. */
  readonly upcoming: Promise<Read> | null;
}

/** Reads what a body has ready: what comes without waiting for I/O or a timer, up to `WHOLE_BYTES`. */
const readReady = (reader: Reader): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let isDry = false;
    let upcoming = reader.read();
    const take = ({ done, value }: Read): void => {
      // Told already; whoever goes on from there has the same promise.
      if (isDry) return;
      if (done) {
        resolve({ chunks, upcoming: null });
        return;
      }
      chunks.push(value);
      bytes += value.byteLength;
      upcoming = reader.read();
      if (bytes < WHOLE_BYTES) upcoming.then(take, reject);
      else resolve({ chunks, upcoming });
    };
    upcoming.then(take, reject);
    // Runs once no promise is left to be settled.
    process.nextTick(() => {
      isDry = true;
      resolve({ chunks, upcoming });
    });
  });

const writeHead = (res: ServerResponse, response: Response, bytes: number | null): void => {
  const headers: (string | string[])[] = [];
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') headers.push(name, value);
  }
  // All at once: where a framework has set headers of its own before, node keeps only the last of a name.
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers.push('set-cookie', cookies);
  if (bytes !== null && hasLength(response)) headers.push('content-length', String(bytes));
  res.writeHead(response.status, response.statusText || undefined, headers);
};

/** Whether its length is for us to say. */
const hasLength = ({ status, headers }: Response): boolean =>
  status !== 204 && status !== 304 && !headers.has('content-length');

/**
 * Sends a response. A written body is handed the socket, and this resolves while it is open; any other is written to its
 * end. Rejects with what its stream fails with, the answer being cut off or, before its head went out, still to be given.
 *
 * @param request who hears it when the client leaves before the end of a body that is read
 */
export const sendResponse = async (
  response: Response,
  res: ServerResponse,
  client: NodeClient,
  request: Leaver,
): Promise<void> => {
  if (client.hasLeft) return discardBody(response);
  if (res.req.method === 'HEAD' || response.body === null) {
    writeHead(res, response, response.body === null && res.req.method !== 'HEAD' ? 0 : null);
    discardBody(response);
    res.end();
    return;
  }
  const writer = writerOf(response);
  if (writer !== undefined) {
    writeHead(res, response, null);
    const sink = new NodeSink(res, writer);
    client.listener = sink;
    sink.begin();
    return;
  }
  const reader: Reader = response.body.getReader();
  const piping = new Piping(res, reader, request);
  client.listener = piping;
  const { chunks, upcoming } = await readReady(reader);
  if (client.hasLeft) return;
  if (upcoming !== null) {
    writeHead(res, response, null);
    return piping.pipe(chunks, upcoming);
  }
  const whole = Buffer.concat(chunks);
  writeHead(res, response, whole.byteLength);
  // As characters it goes out in one piece with the head, which is cheaper than two.
  res.end(whole.toString('latin1'), 'latin1');
};
