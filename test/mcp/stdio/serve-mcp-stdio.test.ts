import { expect, test, vi } from 'vitest';
import { InvalidOptionError } from '../../../src/errors.ts';
import { serveMcpStdio } from '../../../src/mcp/stdio/serve-mcp-stdio.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { call, INITIALIZE, INITIALIZED, stdioUnderTest } from './stdio-under-test.ts';

const seen = (assertion: () => void) => vi.waitFor(assertion, { interval: 1 });
const ENDED = { code: -32000, data: { code: 'ERR_HOLDFAST_TERMINATED' } };

test('the process has one session, from the first message on, with the client as it names itself', async () => {
  const { stdio, runtime, contexts, ask, say } = stdioUnderTest({}, { principal: 'ada' });
  expect(stdio.session).toBeNull();
  expect(runtime.stats().created).toBe(0);
  expect(await ask(INITIALIZE)).toMatchObject({ result: { serverInfo: { name: 'under-test' } } });
  say(INITIALIZED);
  const { session } = stdio;
  expect(session?.info()).toMatchObject({
    principal: 'ada',
    client: {
      name: 'tester',
      version: '1.0.0',
      capabilities: { roots: { listChanged: true } },
    },
    presences: 1,
  });
  expect(contexts).toEqual([{ era: 'legacy', session, restored: false, principal: 'ada' }]);
  expect(await ask(call(1, 'whoami'))).toMatchObject({
    result: { content: [{ text: session?.id }] },
  });
  expect(runtime.stats().created).toBe(1);
});

test('messages that come in one piece are answered in order', async () => {
  const { say, answer, answers } = stdioUnderTest();
  say(INITIALIZE, INITIALIZED, call(1, 'echo', { text: 'a' }), call(2, 'echo', { text: 'b' }));
  await answer(2);
  expect(answers.map(({ id }) => id)).toEqual(['init', 1, 2]);
});

test('a request is an operation of the session until it is answered; a ping is a beat', async () => {
  const { stdio, ask, say, held, events, runtime, answer } = stdioUnderTest();
  await ask(INITIALIZE);
  say(call(1, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  expect(stdio.session?.operations()).toMatchObject([{ name: 'tools/call', state: 'running' }]);
  const { beats } = runtime.stats();
  expect(await ask({ jsonrpc: '2.0', id: 2, method: 'ping' })).toMatchObject({ result: {} });
  expect(runtime.stats().beats).toBe(beats + 1);
  held[0]?.answer('done');
  expect(await answer(1)).toMatchObject({ result: { content: [{ text: 'done' }] } });
  await seen(() => expect(stdio.session?.operations()).toEqual([]));
  const names = events.flatMap((event) =>
    event.type === 'session.operation-started' ? [event.name] : [],
  );
  expect(names).toEqual(['initialize', 'tools/call']);
});

test('what the client cancels is aborted, not answered, and no operation any more', async () => {
  const { stdio, ask, say, held, answers } = stdioUnderTest({ maxConcurrentOperations: 1 });
  await ask(INITIALIZE);
  say(call(1, 'hold'), call(2, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  const cancel = (requestId: number) => ({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId, reason: 'enough' },
  });
  // One that waits for its place, and one that runs.
  say(cancel(2), cancel(1));
  await seen(() => expect(held[0]?.signal.aborted).toBe(true));
  await seen(() => expect(stdio.session?.operations()).toEqual([]));
  held[0]?.answer('too late');
  expect(await ask(call(3, 'echo', { text: 'on' }))).toHaveProperty('result');
  expect(held).toHaveLength(1);
  expect(answers.map(({ id }) => id)).toEqual(['init', 3]);
});

test('a second request with the id of one in flight is refused, and the first goes on', async () => {
  const { ask, say, held, answers } = stdioUnderTest();
  await ask(INITIALIZE);
  say(call(1, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  say(call(1, 'hold'));
  await seen(() => expect(answers).toHaveLength(2));
  expect(answers[1]).toMatchObject({ id: 1, error: { code: -32600 } });
  held[0]?.answer('done');
  await seen(() => expect(answers).toHaveLength(3));
  expect(held).toHaveLength(1);
});

test('a paused session answers with the error of the HTTP leg, and pings all the same', async () => {
  const { stdio, ask } = stdioUnderTest();
  await ask(INITIALIZE);
  await stdio.session?.pause();
  expect(await ask(call(1, 'echo', { text: 'no' }))).toMatchObject({
    error: { code: -32000, data: { code: 'ERR_HOLDFAST_PAUSED', retryable: true } },
  });
  expect(await ask({ jsonrpc: '2.0', id: 2, method: 'ping' })).toHaveProperty('result');
  await stdio.session?.resume();
  expect(await ask(call(3, 'echo', { text: 'yes' }))).toHaveProperty('result');
});

test('a handler that takes too long gets its signal, and its client an error', async () => {
  const { clock, ask, say, held, answer } = stdioUnderTest({}, { requestTimeoutMs: 5_000 });
  await ask(INITIALIZE);
  say(call(1, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  await clock.advance(5_000);
  expect(await answer(1)).toMatchObject({ error: { data: { code: 'ERR_HOLDFAST_TIMEOUT' } } });
  expect(held[0]?.signal.aborted).toBe(true);
});

test('at EOF what is in flight is aborted, and the session has ended with `client`', async () => {
  const { stdio, stdin, ask, say, held, runtime, answers } = stdioUnderTest();
  await ask(INITIALIZE);
  say(call(1, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  stdin.end();
  await stdio.closed;
  expect(held[0]?.signal.aborted).toBe(true);
  expect(stdio.session?.info()).toMatchObject({ reason: 'client', presences: 0, inFlight: 0 });
  expect(runtime.stats()).toMatchObject({ resident: 0, ended: { client: 1 } });
  expect(answers.map(({ id }) => id)).toEqual(['init']);
});

test('a client that leaves without a word leaves no session', async () => {
  const { stdio, stdin, runtime } = stdioUnderTest();
  stdin.end();
  await stdio.closed;
  expect(runtime.stats().created).toBe(0);
});

test('a session that is ended here answers what is in flight, and closes the connection', async () => {
  const { stdio, ask, say, held, answer } = stdioUnderTest();
  await ask(INITIALIZE);
  say(call(1, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  await stdio.session?.terminate('operator');
  expect(await answer(1)).toMatchObject({ error: ENDED });
  await stdio.closed;
  expect(stdio.session?.info().reason).toBe('operator');
});

test('the open pipe proves life: silence does not end the session, its lifetime does', async () => {
  const { clock, stdio, ask, runtime } = stdioUnderTest({
    deadlines: { idleAfterMs: 1_000, idleTimeoutMs: 10_000, maxLifetimeMs: 60_000 },
  });
  await ask(INITIALIZE);
  await clock.advance(50_000);
  expect(stdio.session?.state).toBe('idle');
  await clock.advance(11_000);
  await stdio.closed;
  expect(runtime.stats().ended).toEqual({ 'max-lifetime': 1 });
});

test('a drain lets requests finish, refuses new ones, and ends the connection with the session', async () => {
  const { stdio, ask, say, held, answer, runtime } = stdioUnderTest();
  await ask(INITIALIZE);
  say(call(1, 'hold'));
  await seen(() => expect(held).toHaveLength(1));
  const drained = runtime.drain();
  expect(await ask(call(2, 'echo', { text: 'no' }))).toMatchObject({
    error: { data: { code: 'ERR_HOLDFAST_DRAINING', retryable: true } },
  });
  held[0]?.answer('done');
  expect(await answer(1)).toHaveProperty('result');
  expect(await drained).toMatchObject({ ended: 1, aborted: 0 });
  await stdio.closed;
  expect(stdio.session?.info().reason).toBe('shutdown');
});

test('no room: each request is told so, and one that comes when there is has a session', async () => {
  const runtime = createRuntime({ maxResident: 1 });
  const other = await runtime.create();
  await other.run('busy', () => undefined);
  const { stdio, ask } = stdioUnderTest({}, { runtime });
  expect(await ask(INITIALIZE)).toMatchObject({
    error: { code: -32000, data: { code: 'ERR_HOLDFAST_CAPACITY', retryable: true } },
  });
  expect(stdio.session).toBeNull();
  await other.terminate();
  expect(await ask({ ...INITIALIZE, id: 'again' })).toHaveProperty('result');
  expect(stdio.session?.state).toBe('active');
  await stdio.close();
  await runtime.close();
});

test('a factory that throws: the client is told no more than that, onError why', async () => {
  const wrong = new Error('wrong');
  const server = () => {
    throw wrong;
  };
  const { ask, errors, stdio } = stdioUnderTest({}, { server });
  expect(await ask(INITIALIZE)).toMatchObject({ error: { message: 'Internal server error' } });
  await seen(() => expect(errors).toContain(wrong));
  expect(stdio.session?.operations()).toEqual([]);
});

test('a key needs somebody whose it is', () => {
  const runtime = createRuntime();
  const server = () => {
    throw new Error('not asked for');
  };
  expect(() => serveMcpStdio({ runtime, server, key: 'notes' })).toThrow(InvalidOptionError);
  expect(() => serveMcpStdio({ runtime, server, requestTimeoutMs: 0 })).toThrow(InvalidOptionError);
});
