import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { call, endpointUnderTest, messagesOf, STREAM } from './endpoint-under-test.ts';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

test('when sessions end, nothing holds on to their servers, in whichever way they end', async () => {
  const under = endpointUnderTest(
    { deadlines: { idleAfterMs: 1_000, idleTimeoutMs: 3_000 } },
    STREAM,
  );
  const { runtime, endpoint, clock } = under;
  const [polite, doomed, working, silent] = [
    await under.open(),
    await under.open(),
    await under.open(),
    await under.open(),
  ];
  const listening = { accept: 'text/event-stream', 'mcp-session-id': silent };
  const unread = await under.send('GET', listening);
  const pending = await under.post(call(1, 'hold'), working);
  const servers = under.servers.splice(0).map((server) => new WeakRef(server));
  expect(servers).toHaveLength(4);

  await under.send('DELETE', { 'mcp-session-id': polite });
  await runtime.terminate(doomed, 'operator');
  await clock.advance(4_000);
  await runtime.terminate(working, 'operator');
  await messagesOf(pending);
  under.held.splice(0);
  expect(endpoint.connections).toBe(0);
  expect(runtime.stats()).toMatchObject({
    resident: 0,
    ended: { client: 1, operator: 2, 'idle-timeout': 1 },
  });

  for (let turn = 0; turn < 5; turn += 1) {
    await clock.settle();
    if (typeof collect === 'function') collect();
  }
  expect(servers.map((server) => server.deref())).toEqual(servers.map(() => undefined));
  expect(unread.bodyUsed).toBe(false);
});
