import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { afterIo } from '../../src/time/after-io.ts';

test('what a message asks for is heard in a later turn of the loop, not as part of the same one', async () => {
  const { port1, port2 } = new MessageChannel();
  const messages = 50;
  let heard = 0;
  let before = 0;
  let most = 0;
  await new Promise<void>((resolve) => {
    const watch = (): void => {
      most = Math.max(most, heard - before);
      before = heard;
      if (heard < messages) setImmediate(watch);
      else resolve();
    };
    port1.on('message', () =>
      afterIo(() => {
        heard += 1;
        if (heard < messages) port2.postMessage(null);
      }),
    );
    port2.postMessage(null);
    setImmediate(watch);
  });
  port1.close();
  expect([heard, most]).toEqual([messages, 1]);
});

test('all that is left for after the I/O is done in its order', async () => {
  const done: number[] = [];
  await new Promise<void>((resolve) => {
    for (const n of [1, 2, 3]) afterIo(() => void done.push(n));
    afterIo(resolve);
    expect(done).toEqual([]);
  });
  expect(done).toEqual([1, 2, 3]);
});
