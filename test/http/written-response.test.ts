import { expect, test } from 'vitest';
import {
  type BodyWriter,
  discardBody,
  type Sink,
  writerOf,
  writtenResponse,
} from '../../src/http/written-response.ts';

/** A writer that keeps its sink and tells what was done to it. */
class Kept implements BodyWriter {
  readonly calls: string[] = [];
  sink: Sink | null = null;
  begin(sink: Sink): void {
    this.calls.push('begin');
    this.sink = sink;
  }
  gone(): void {
    this.calls.push('gone');
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('read by anybody it is an ordinary response', async () => {
  const response = writtenResponse(
    {
      begin: (sink) => {
        sink.write('grüß ');
        sink.write('');
        sink.write('dich');
        sink.end();
      },
      gone: () => expect.unreachable(),
    },
    { status: 201, headers: { 'content-type': 'text/plain' } },
  );
  expect(response).toBeInstanceOf(Response);
  expect(response.status).toBe(201);
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(await response.text()).toBe('grüß dich');
});

test('nothing begins before somebody reads, and it begins once', async () => {
  const writer = new Kept();
  const response = writtenResponse(writer);
  await settled();
  expect(writer.calls).toEqual([]);
  const reader = response.body?.getReader();
  const first = reader?.read();
  await settled();
  writer.sink?.write('a');
  expect((await first)?.value).toEqual(new TextEncoder().encode('a'));
  const second = reader?.read();
  writer.sink?.end();
  expect((await second)?.done).toBe(true);
  expect(writer.calls).toEqual(['begin']);
});

test('what nobody has read yet is counted in bytes, and is not lost', async () => {
  const writer = new Kept();
  const reader = writtenResponse(writer).body?.getReader();
  const first = reader?.read();
  await settled();
  writer.sink?.write('a');
  await first;
  expect(writer.sink?.unreadBytes).toBe(0);
  writer.sink?.write('ü');
  writer.sink?.write('bc');
  expect(writer.sink?.unreadBytes).toBe(4);
  expect((await reader?.read())?.value).toEqual(new TextEncoder().encode('ü'));
  expect(writer.sink?.unreadBytes).toBe(2);
  writer.sink?.end();
  expect((await reader?.read())?.value).toEqual(new TextEncoder().encode('bc'));
  expect((await reader?.read())?.done).toBe(true);
});

test.each([
  ['before its first read', false],
  ['after it', true],
])(
  'a reader that cancels %s tells the writer, once, and what it writes then goes nowhere',
  async (_, reads) => {
    const writer = new Kept();
    const reader = writtenResponse(writer).body?.getReader();
    if (reads) void reader?.read();
    await settled();
    await reader?.cancel();
    await reader?.cancel();
    writer.sink?.write('late');
    writer.sink?.end();
    expect(writer.calls).toEqual(reads ? ['begin', 'gone'] : ['gone']);
    expect(writer.sink?.unreadBytes ?? 0).toBe(0);
  },
);

test('an end is no leave', async () => {
  const writer = new Kept();
  const text = writtenResponse(writer).text();
  await settled();
  writer.sink?.end();
  writer.sink?.end();
  writer.sink?.write('late');
  expect(await text).toBe('');
  expect(writer.calls).toEqual(['begin']);
});

test('its writer is given once, and its own body is no use from then on', async () => {
  const writer = new Kept();
  const response = writtenResponse(writer);
  expect(writerOf(response)).toBe(writer);
  expect(writerOf(response)).toBeUndefined();
  await expect(response.text()).rejects.toThrow(TypeError);
  discardBody(response);
  await settled();
  expect(writer.calls).toEqual([]);
});

test('a body that is being read has no writer to give, nor has any other response', async () => {
  const reading = writtenResponse(new Kept());
  reading.body?.getReader();
  expect(writerOf(reading)).toBeUndefined();
  const cancelled = writtenResponse(new Kept());
  await cancelled.body?.cancel();
  expect(writerOf(cancelled)).toBeUndefined();
  expect(writerOf(new Response('text'))).toBeUndefined();
  // Middleware makes such copies: the stream is the same, and works.
  const copied = writtenResponse(new Kept());
  expect(writerOf(new Response(copied.body, copied))).toBeUndefined();
});

test('a body nobody wants tells its writer', async () => {
  const writer = new Kept();
  discardBody(writtenResponse(writer));
  discardBody(new Response(null));
  await settled();
  expect(writer.calls).toEqual(['gone']);
});
