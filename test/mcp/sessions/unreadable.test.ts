import { expect, test } from 'vitest';
import { SessionUnreadableError } from '../../../src/index.ts';
import { RECORD_SCHEMA } from '../../../src/store/envelope/read-record.ts';
import { type DurableEndpoint, durableEndpoint } from './durable-endpoint.ts';
import { call, INITIALIZE, messagesOf } from './endpoint-under-test.ts';

// A stored session that this process cannot read is not lost: its client is told to come again.

const PING = { jsonrpc: '2.0', id: 'ping', method: 'ping' };
const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

const REQUESTS: Readonly<
  Record<string, (under: DurableEndpoint, id: string) => Promise<Response>>
> = {
  'a request': (under, id) => under.post(call(1, 'note_list'), id),
  'a batch': (under, id) => under.post([call(1, 'note_list'), PING], id),
  'a ping': (under, id) => under.post(PING, id),
  'a notification': (under, id) => under.post(NOTICE, id),
  'an initialize': (under, id) => under.post(INITIALIZE, id),
  'a stream': (under, id) => under.get(id),
};

const newer = async (under: DurableEndpoint, id: string): Promise<void> => {
  await under.rewrite(id, () => ({ schema: RECORD_SCHEMA + 1, session: { entirely: 'other' } }));
};

const unregistered = async (under: DurableEndpoint, id: string): Promise<void> => {
  await under.rewrite(id, ({ session }) => ({ session: { ...session, behaviour: 'billing-v7' } }));
};

const expectUnavailable = async (answer: Response, what: string): Promise<void> => {
  expect(answer.status, what).toBe(503);
  expect(answer.headers.get('retry-after'), what).toBe('1');
  // The same for whatever stands in the way: that is for the operator.
  expect(await answer.json(), what).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32000, message: 'Service Unavailable: this session cannot be read now' },
  });
};

test.each([
  ['whose record is of a newer version', newer, /schema/],
  ['whose behaviour is not registered', unregistered, /billing-v7/],
] as const)('a session %s: 503 for every request, and it stays as it is', async (_, spoil, why) => {
  const under = durableEndpoint();
  const id = await under.openStored();
  await spoil(under, id);
  const before = under.disk.records();
  for (const [what, ask] of Object.entries(REQUESTS)) {
    await expectUnavailable(await ask(under, id), what);
    // Why is told here, and once.
    expect(under.errors, what).toHaveLength(1);
    const [error] = under.errors.splice(0);
    expect(error).toBeInstanceOf(SessionUnreadableError);
    expect(JSON.stringify({ ...Object(error), message: (error as Error).message })).toMatch(why);
  }
  expect(under.disk.records()).toEqual(before);
  expect(under.endpoint.connections).toBe(0);
  expect(under.made).toHaveLength(1);
  expect(under.runtime.stats()).toMatchObject({ resident: 0, created: 0, beats: 0 });
});

test('a session that becomes unreadable is served again by a process that can read it', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  await unregistered(under, id);
  expect((await under.post(PING, id)).status).toBe(503);
  await under.rewrite(id, ({ session }) => ({ session: { ...session, behaviour: null } }));
  expect(await messagesOf(await under.post(call(1, 'note_list'), id))).toMatchObject([{ id: 1 }]);
});

test('what stood in the way of a behaviour and is gone is found at the next request', async () => {
  const under = durableEndpoint();
  const id = await under.openStored();
  await unregistered(under, id);
  const session = await under.runtime.get(id);
  // It is known here from now on.
  const unsubscribe = session.subscribe(() => undefined);
  expect((await under.get(id)).status).toBe(503);
  const { store } = under.bench;
  const record = await store.load(id);
  if (record === null) throw new Error('It is not there.');
  const { token: _token, epoch: _epoch, journalSeq: _seq, ...given } = record;
  await store.remove(record);
  await store.create({ ...given, session: { ...record.session, behaviour: null } });
  expect(session.info().unreadable).not.toBeNull();
  expect((await under.post(PING, id)).status).toBe(200);
  expect(session.info().unreadable).toBeNull();
  unsubscribe();
});

test('a DELETE ends a session whose behaviour cannot be read, and nothing of a newer record', async () => {
  const under = durableEndpoint();
  const ids = [await under.openStored(), await under.openStored()] as const;
  await unregistered(under, ids[0]);
  await newer(under, ids[1]);
  expect((await under.delete(ids[0])).status).toBe(200);
  expect((await under.delete(ids[0])).status).toBe(404);
  await expectUnavailable(await under.delete(ids[1]), 'newer');
  expect(under.runtime.stats().ended).toEqual({ client: 1 });
  expect(under.errors).toHaveLength(1);
});

test('a session that no MCP client has opened is not found, whether its behaviour can be read or not', async () => {
  const under = durableEndpoint();
  const { id } = await under.runtime.create({ client: { name: 'mine', version: '1' } });
  await under.rest(id);
  await unregistered(under, id);
  expect((await under.post(PING, id)).status).toBe(404);
  expect((await under.delete(id)).status).toBe(404);
  expect(under.runtime.stats().ended).toEqual({});
});

test('a session that ended is not found, and what a newer version left of one neither', async () => {
  const under = durableEndpoint();
  const ids = [await under.openStored(), await under.openStored()] as const;
  for (const id of ids) await newer(under, id);
  await under.rewrite(ids[0], () => ({ state: 'terminating' }));
  await under.rewrite(ids[1], () => ({ state: 'terminated' }));
  for (const id of ids) expect((await under.post(PING, id)).status).toBe(404);
});
