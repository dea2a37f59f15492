import { expect, test } from 'vitest';
import { LIMITS } from '../../../../src/limits.ts';
import { listen, turn } from './listening.ts';

import { answer, note, streamOf } from './message-stream-under-test.ts';

test.each([
  ['many', 10, LIMITS.streamEvents],
  ['long', LIMITS.streamBytes / 4, 5],
])(
  'a client that does not read %s messages is sent no notifications, but every answer',
  async (_, size, enough) => {
    const text = 'x'.repeat(size);
    for (const way of ['unread', 'away', 'not out yet'] as const) {
      const { stream } = streamOf();
      const response = stream.response();
      const reader = way === 'unread' ? response.body?.getReader() : undefined;
      const first = reader?.read();
      await turn();
      await first;
      if (way === 'away') await response.body?.cancel();
      let sent = 0;
      while (stream.send({ ...note(sent), text }, 'notification')) sent += 1;
      expect(sent, way).toBeLessThanOrEqual(enough);
      expect(sent, way).toBeGreaterThan(enough / 2);
      expect(stream.hasRoom, way).toBe(false);
      expect(stream.send(answer(1), 'answer'), way).toBe(true);
      expect(stream.send(answer(2), 'request'), way).toBe(true);
      if (reader === undefined) continue;
      // It reads on: there is room again.
      for (let n = 0; n < 4; n += 1) await reader.read();
      expect(stream.hasRoom).toBe(true);
      void reader.cancel();
    }
  },
);

test('who came again and left again has as much room as before', async () => {
  const { stream } = streamOf();
  for (let time = 0; time < 3; time += 1) {
    const client = listen(stream.response(stream.ring?.mark() ?? null));
    await turn();
    await client.leave();
    let sent = 0;
    while (stream.send(note(sent), 'notification')) sent += 1;
    expect(sent).toBe(LIMITS.streamEvents);
  }
});

test('a client that reads slowly, but does, has room: it is what is unread that counts', async () => {
  const { stream } = streamOf();
  const reader = stream.response().body?.getReader();
  const first = reader?.read();
  await turn();
  await first;
  for (let n = 0; n < 50; n += 1) stream.send(note(n), 'notification');
  for (let n = 0; n < 2 * LIMITS.streamEvents; n += 1) {
    expect(stream.send(note(n), 'notification')).toBe(true);
    await reader?.read();
  }
  void reader?.cancel();
});
