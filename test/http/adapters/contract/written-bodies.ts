import { expect, test } from 'vitest';
import { KeptWriter } from '../app-under-test.ts';
import { type AdapterUnderTest, GET, serveWritten, settled } from './serve.ts';

/** Bodies that are written straight to the socket. */
export const writtenCases = (adapter: AdapterUnderTest): void => {
  test('what is written arrives as it is written, to its end', async () => {
    const writer = new KeptWriter('data: 1\n\n');
    const { client } = await serveWritten(adapter, writer);
    const reading = await client();
    reading.send(...GET());
    const head = await reading.until('data: 1');
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(head).toMatch(/x-own: 1/i);
    writer.sink.write('data: zwölf\n\n');
    await reading.until('data: zw\u00c3\u00b6lf');
    writer.sink.end();
    // The connection is free for the next request: the body had its end.
    await reading.until('\r\n0\r\n\r\n');
    expect(writer.calls).toEqual(['begin']);
  });

  test('the head of a quiet one arrives before its first word', async () => {
    const writer = new KeptWriter();
    const { url } = await serveWritten(adapter, writer);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await writer.called('begin');
    writer.sink.end();
    expect(await response.text()).toBe('');
  });

  test('a client that leaves is told to the writer, once, and what it writes then is nobody’s error', async () => {
    const writer = new KeptWriter('data: 1\n\n');
    const { client, errors } = await serveWritten(adapter, writer);
    const leaving = await client();
    leaving.send(...GET());
    await leaving.until('data: 1');
    leaving.socket.destroy();
    await writer.called('gone');
    writer.sink.write('late');
    writer.sink.end();
    await settled();
    expect(writer.calls).toEqual(['begin', 'gone']);
    expect(writer.sink.unreadBytes).toBe(0);
    expect(errors).toEqual([]);
  });

  test('a client that does not read: what waits is counted, and nothing is lost', async () => {
    const writer = new KeptWriter();
    const { client } = await serveWritten(adapter, writer);
    const slow = await client();
    slow.send(...GET());
    await writer.called('begin');
    await slow.until('\r\n\r\n');
    slow.socket.pause();
    const line = `data: ${'~'.repeat(64 * 1024)}\n\n`;
    let lines = 0;
    while (writer.sink.unreadBytes < 4 * 1024 * 1024) {
      writer.sink.write(line);
      lines += 1;
      await settled();
    }
    slow.socket.resume();
    writer.sink.write('data: last\n\n');
    writer.sink.end();
    const text = await slow.until('\r\n0\r\n\r\n');
    expect(text.replaceAll(/[^~]/g, '')).toHaveLength(lines * 64 * 1024);
    expect(text).toContain('data: last');
  });
};
