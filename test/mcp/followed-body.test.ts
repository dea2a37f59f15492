import fc from 'fast-check';
import { expect, test } from 'vitest';
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
  let ends = 0;
  const body = followBody(from.stream, gone.signal, whenGone, () => {
    ends += 1;
  });
  return { body, gone, ends: () => ends };
};

test('every byte is handed on, in order, and the end is told once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1 })), async (chunks) => {
      const from = source();
      const { body, ends } = follow(from, 'read-on');
      for (const chunk of chunks) from.controller.enqueue(chunk);
      from.controller.close();
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      expect([...bytes]).toEqual(chunks.flatMap((chunk) => [...chunk]));
      expect(ends()).toBe(1);
    }),
  );
});

test('the end is told although nobody reads', async () => {
  const from = source();
  const { ends } = follow(from, 'read-on');
  from.controller.enqueue(new Uint8Array(10_000_000));
  await turn();
  expect(ends()).toBe(0);
  from.controller.close();
  await turn();
  expect(ends()).toBe(1);
});

test.each(['the signal', 'the reader'])(
  'a client gone by %s: reading on lasts until the source ends, closing does not',
  async (way) => {
    for (const whenGone of ['read-on', 'close'] as const) {
      const from = source();
      const { body, gone, ends } = follow(from, whenGone);
      from.controller.enqueue(new Uint8Array(1));
      await turn();
      if (way === 'the signal') gone.abort();
      else await body.cancel();
      await turn();
      expect(from.cancelled()).toBe(whenGone === 'close');
      expect(ends()).toBe(whenGone === 'close' ? 1 : 0);
      if (whenGone === 'close') continue;
      from.controller.enqueue(new Uint8Array(1));
      from.controller.close();
      await turn();
      expect(ends()).toBe(1);
    }
  },
);

test('a client that was gone before: whoever writes the body sees its end', async () => {
  const from = source();
  const gone = new AbortController();
  gone.abort();
  const { body, ends } = follow(from, 'read-on', gone);
  expect(await new Response(body).text()).toBe('');
  expect(ends()).toBe(0);
});

test('a source that fails is told as an end, and the reader gets the error', async () => {
  const from = source();
  const { body, ends } = follow(from, 'read-on');
  from.controller.error(new Error('broken'));
  await expect(new Response(body).text()).rejects.toThrow('broken');
  expect(ends()).toBe(1);
});
