import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/limits.ts';
import { followBody, type WhenGone } from '../../src/mcp/followed-body.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  readonly cancelled: () => boolean;
  controller: ReadableStreamDefaultController<Uint8Array>;
}

const source = (): Source => {
  let cancelled = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel() {
      cancelled = true;
    },
  });
  if (controller === undefined) throw new Error('A stream starts at once.');
  return { stream, controller, cancelled: () => cancelled };
};

const follow = (from: Source, whenGone: WhenGone, gone = new AbortController()) => {
  let ended = false;
  const { body, hasRoom, ...followed } = followBody(from.stream, gone, whenGone);
  void followed.ended.then(() => {
    ended = true;
  });
  return { body, gone, hasRoom, ended: () => ended };
};

test('every byte is handed on, in order, and its end is told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1 })), async (chunks) => {
      const from = source();
      const { body, ended } = follow(from, 'read-on');
      for (const chunk of chunks) from.controller.enqueue(chunk);
      from.controller.close();
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      expect([...bytes]).toEqual(chunks.flatMap((chunk) => [...chunk]));
      expect(ended()).toBe(true);
    }),
  );
});

test('the end is told although nobody reads', async () => {
  const from = source();
  const { ended } = follow(from, 'read-on');
  from.controller.enqueue(new Uint8Array(10_000_000));
  await turn();
  expect(ended()).toBe(false);
  from.controller.close();
  await turn();
  expect(ended()).toBe(true);
});

test.each(['the signal', 'the reader'])(
  'a client gone by %s: reading on lasts until the source ends, closing does not',
  async (way) => {
    for (const whenGone of ['read-on', 'close'] as const) {
      const from = source();
      const { body, gone, ended } = follow(from, whenGone);
      from.controller.enqueue(new Uint8Array(1));
      await turn();
      if (way === 'the signal') gone.abort();
      else await body.cancel();
      await turn();
      expect(from.cancelled()).toBe(whenGone === 'close');
      expect(ended()).toBe(whenGone === 'close');
      if (whenGone === 'close') continue;
      from.controller.enqueue(new Uint8Array(1));
      from.controller.close();
      await turn();
      expect(ended()).toBe(true);
    }
  },
);

test('a client that was gone before: whoever writes the body sees its end', async () => {
  const from = source();
  const gone = new AbortController();
  gone.abort();
  const { body, ended } = follow(from, 'read-on', gone);
  expect(await new Response(body).text()).toBe('');
  expect(ended()).toBe(false);
});

test('a source that fails is told as an end, and the reader gets the error', async () => {
  const from = source();
  const { body, ended } = follow(from, 'read-on');
  from.controller.error(new Error('broken'));
  await expect(new Response(body).text()).rejects.toThrow('broken');
  expect(ended()).toBe(true);
});

test.each([
  ['bytes', LIMITS.streamBytes, 1],
  ['events, however short', 1, LIMITS.streamEvents],
])(
  'there is room until so many %s are unread, and again once they are read',
  async (_, size, events) => {
    const from = source();
    const { body, hasRoom } = follow(from, 'read-on');
    for (let n = 0; n < events; n += 1) {
      expect(hasRoom()).toBe(true);
      from.controller.enqueue(new Uint8Array(size));
      await turn();
    }
    expect(hasRoom()).toBe(false);
    // Answers are handed on all the same.
    from.controller.enqueue(new Uint8Array(7));
    from.controller.close();
    await turn();
    const read = await new Response(body).arrayBuffer();
    expect(read.byteLength).toBe(size * events + 7);
    expect(hasRoom()).toBe(true);
  },
);

test('a body that is there for its listener only is cut when that does not read', async () => {
  const from = source();
  const { body, ended } = follow(from, 'close');
  from.controller.enqueue(new Uint8Array(LIMITS.streamBytes));
  await turn();
  expect(ended()).toBe(false);
  from.controller.enqueue(new Uint8Array(1));
  await turn();
  expect(ended()).toBe(true);
  expect(from.cancelled()).toBe(true);
  await expect(new Response(body).text()).rejects.toThrow('does not read');
});
