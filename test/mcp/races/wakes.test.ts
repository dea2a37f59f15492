import { expect, test } from 'vitest';
import { call, INITIALIZE, messagesOf } from '../sessions/endpoint-under-test.ts';
import { hold, Racing } from './racing.ts';

// Requests that come while their session is put away, or woken.

const mark = (id: number, text: string) => call(id, 'mark', { text });
const answered = (id: number, text: string) => ({ id, result: { content: [{ text }] } });
const NOTICE = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };

// The claim of a wake takes a sync, and its record another; then its server is made.
test.each([0, 1, 10, 19, 20, 21, 39, 40, 41, 60])(
  'two calls %i ms apart on a stored session: one wake, one server, and both are answered, in order',
  async (apartMs) => {
    const racing = new Racing();
    const { under } = racing;
    const id = await racing.openStored();
    const first = under.post(mark(1, 'first'), id);
    await under.bench.advance(apartMs);
    const second = under.post(mark(2, 'second'), id);
    const [one, two] = await racing.during(Promise.all([first, second]));
    expect(await messagesOf(one)).toMatchObject([answered(1, 'first')]);
    expect(await messagesOf(two)).toMatchObject([answered(2, 'second')]);
    expect(racing.called).toEqual(['first', 'second']);
    expect(under.made.map(({ restored }) => restored)).toEqual([false, true]);
    expect(under.runtime.stats()).toMatchObject({ woken: 1, hibernated: 1 });
    expect(under.errors).toEqual([]);
  },
);

test('two calls of one id that race a wake: one is answered, and the other is told why it is not', async () => {
  const racing = new Racing();
  const { under } = racing;
  const id = await racing.openStored();
  const both = [under.post(hold(1), id), under.post(hold(1), id)];
  await under.bench.advance(400);
  expect(racing.called).toEqual(['hold']);
  racing.held[0]?.answer('once');
  await under.bench.settle();
  const answers = await Promise.all(both);
  expect(answers.map(({ status }) => status)).toEqual([200, 400]);
});

test('a notification and a call that race a wake make one server', async () => {
  const racing = new Racing();
  const { under } = racing;
  const id = await racing.openStored();
  const both = Promise.all([under.post(NOTICE, id), under.post(mark(1, 'x'), id)]);
  const [noticed, called] = await racing.during(both);
  expect([noticed.status, called.status]).toEqual([202, 200]);
  expect(under.made).toHaveLength(2);
  expect(under.runtime.stats().woken).toBe(1);
});

// The record takes a sync, and giving it up another.
test.each([0, 1, 10, 19, 20, 21, 30, 39, 40, 41, 60])(
  'a call %i ms after its session began to be put away is answered once, by one server at a time',
  async (inMs) => {
    const racing = new Racing();
    const { under } = racing;
    const id = await racing.open();
    const stream = await racing.listen(id);
    await racing.untilHibernating(1);
    await under.bench.advance(inMs);
    const answer = await racing.during(under.post(mark(1, 'raced'), id));
    expect(await messagesOf(answer)).toMatchObject([answered(1, 'raced')]);
    expect(racing.called).toEqual(['raced']);
    // It was not put away after all, or woken: of all servers one lives.
    expect(racing.closed).toEqual(under.made.slice(0, -1).map((_, at) => at));
    expect(under.made.length).toBe(1 + under.runtime.stats().woken);
    expect(under.endpoint).toMatchObject({ connections: 1, streams: 1 });
    await racing.say();
    expect(stream.messages).toHaveLength(1);
    await racing.rest(id);
    expect(under.endpoint).toMatchObject({ connections: 0, streams: 1 });
  },
);

test('two initialize at once open two sessions, each with a server of its own', async () => {
  const racing = new Racing();
  const { under } = racing;
  const both = Promise.all([under.post(INITIALIZE), under.post(INITIALIZE)]);
  const ids = (await racing.during(both)).map(({ headers }) => headers.get('mcp-session-id') ?? '');
  expect(new Set(ids).size).toBe(2);
  expect(under.made.map((made) => made.id).toSorted()).toEqual(ids.toSorted());
  expect(under.endpoint.connections).toBe(2);
  for (const [n, id] of ids.entries()) {
    const answer = await racing.during(under.post(mark(n, `of ${n}`), id));
    expect(await messagesOf(answer)).toMatchObject([answered(n, `of ${n}`)]);
  }
});

test('two initialize on a session that is there are both refused, and it is as it was', async () => {
  const racing = new Racing();
  const { under } = racing;
  const id = await racing.openStored();
  const before = (await under.runtime.get(id)).info();
  const both = await Promise.all([under.post(INITIALIZE, id), under.post(INITIALIZE, id)]);
  expect(both.map(({ status }) => status)).toEqual([400, 400]);
  expect((await under.runtime.get(id)).info()).toEqual(before);
  expect(under.runtime.stats().created).toBe(1);
});
