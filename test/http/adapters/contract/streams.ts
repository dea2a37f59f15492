import { expect, test } from 'vitest';
import { AppUnderTest, deferred } from '../app-under-test.ts';
import { type AdapterUnderTest, GET, serve, settled } from './serve.ts';

/** Bodies that are streams. */
export const streamCases = (adapter: AdapterUnderTest): void => {
  /** A stream the test writes to, and what was cancelled. */
  const piped = () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const cancelled = deferred<void>();
    const body = new ReadableStream<Uint8Array>({
      start: (own) => {
        controller = own;
      },
      cancel: () => cancelled.resolve(),
    });
    const write = (text: string): void => controller?.enqueue(new TextEncoder().encode(text));
    return {
      body,
      write,
      close: () => controller?.close(),
      fail: (error: Error) => controller?.error(error),
      cancelled: cancelled.promise,
    };
  };

  test('a stream arrives as it comes', async () => {
    const stream = piped();
    const app = new AppUnderTest(() => new Response(stream.body));
    const client = await (await serve(adapter, app)).client();
    client.send(...GET());
    await client.until('\r\n\r\n');
    stream.write('first');
    await client.until('first');
    stream.write('second');
    stream.close();
    await client.until('\r\n0\r\n\r\n');
    expect(client.text()).toContain('second');
  });

  test('a client that leaves cancels the stream, and aborts the request', async () => {
    const stream = piped();
    const app = new AppUnderTest(() => new Response(stream.body));
    const { client, errors } = await serve(adapter, app);
    const leaving = await client();
    leaving.send(...GET());
    await leaving.until('\r\n\r\n');
    const signal = app.seen[0]?.request.signal;
    expect(signal?.aborted).toBe(false);
    leaving.socket.destroy();
    await stream.cancelled;
    expect(signal?.aborted).toBe(true);
    expect(errors).toEqual([]);
  });

  test('a client that does not read holds the stream back, and gets all of it in the end', async () => {
    const chunk = new Uint8Array(64 * 1024).fill(126);
    const chunks = 400;
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulled === chunks) return controller.close();
        pulled += 1;
        controller.enqueue(chunk);
      },
    });
    const app = new AppUnderTest(() => new Response(body));
    const slow = await (await serve(adapter, app)).client();
    slow.socket.pause();
    slow.send(...GET());
    await app.asked(1);
    let before = -1;
    // Until nothing more is taken from it.
    while (before < pulled || pulled === 0) {
      before = pulled;
      for (let turn = 0; turn < 200; turn += 1) await settled();
    }
    expect(pulled).toBeLessThan(chunks);
    slow.socket.resume();
    const text = await slow.until('\r\n0\r\n\r\n');
    expect(text.replaceAll(/[^~]/g, '')).toHaveLength(chunks * chunk.byteLength);
  });

  test('a stream that fails cuts the answer off', async () => {
    const stream = piped();
    const app = new AppUnderTest(() => new Response(stream.body));
    const client = await (await serve(adapter, app)).client();
    client.send(...GET());
    await client.until('\r\n\r\n');
    stream.write('half');
    await client.until('half');
    stream.fail(new Error('lost'));
    expect(await client.closed()).not.toContain('\r\n0\r\n\r\n');
  });
};
