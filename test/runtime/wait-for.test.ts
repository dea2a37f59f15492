import { expect, test } from 'vitest';
import {
  Fenced,
  InvalidOptionError,
  LIMITS,
  type SessionState,
  SessionTerminatedError,
  TimeoutError,
} from '../../src/index.ts';
import { faultyRuntime, quietRuntime, recordOf, rejectionOf, standing, TICK } from './fixture.ts';

const begun = async () => {
  const { clock, runtime } = quietRuntime();
  return { clock, session: await runtime.create({ beats: 'off' }) };
};

test('a state that is shown already is answered at once', async () => {
  const { clock, session } = await begun();
  expect(await standing(clock, session.waitFor('active'))).toEqual({
    is: 'resolved',
    with: 'active',
  });
});

test('it waits until one of the states is shown, and says which', async () => {
  const { clock, session } = await begun();
  const waiting = session.waitFor(['idle', 'paused']);
  await clock.advance(10_000 - TICK);
  expect((await standing(clock, waiting)).is).toBe('pending');
  await clock.advance(2 * TICK);
  expect(await waiting).toBe('idle');
});

test('a change is waited for until it is committed', async () => {
  const { clock, runtime, store } = faultyRuntime();
  const session = await runtime.create();
  store.break('fail');
  const waiting = session.waitFor('paused');
  await rejectionOf(session.pause());
  expect(session.actor.getSnapshot().value).toBe('paused');
  expect((await standing(clock, waiting)).is).toBe('pending');
  store.heal();
  await clock.advance(LIMITS.commitRetryMs);
  expect(await waiting).toBe('paused');
});

test('the end is a state like others; waiting for another one is refused by it', async () => {
  const { session } = await begun();
  const terminating = session.waitFor('terminating');
  const terminated = session.waitFor('terminated');
  const idle = rejectionOf(session.waitFor('idle'));
  await session.terminate('operator');
  expect(await terminating).toBe('terminating');
  expect(await terminated).toBe('terminated');
  const error = await idle;
  expect(error).toBeInstanceOf(SessionTerminatedError);
  expect(error).toMatchObject({ reason: 'operator' });
});

test('after the end it is answered at once', async () => {
  const { session } = await begun();
  await session.terminate('operator');
  expect(await session.waitFor(['terminated', 'idle'])).toBe('terminated');
  expect(await rejectionOf(session.waitFor('idle'))).toMatchObject({ reason: 'operator' });
});

test('it has as long as it is given', async () => {
  const { clock, session } = await begun();
  const waiting = rejectionOf(session.waitFor('paused', { timeoutMs: 5_000 }));
  await clock.advance(4_999);
  expect((await standing(clock, waiting)).is).toBe('pending');
  await clock.advance(1);
  const error = await waiting;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ timeoutMs: 5_000, retryable: true });
});

test("a signal ends it with the signal's own reason, before or while it waits", async () => {
  const { session } = await begun();
  const why = new Error('enough');
  const before = session.waitFor('paused', { signal: AbortSignal.abort(why) });
  expect(await rejectionOf(before)).toBe(why);
  const caller = new AbortController();
  const waiting = rejectionOf(session.waitFor('paused', { signal: caller.signal }));
  caller.abort(why);
  expect(await waiting).toBe(why);
});

test('nothing of it stays on the clock, whatever came of it', async () => {
  const { clock, session } = await begun();
  const before = clock.pending;
  const caller = new AbortController();
  const options = { timeoutMs: 50_000, signal: caller.signal };
  const waits = [
    session.waitFor('paused', options),
    rejectionOf(session.waitFor('terminated', options)),
  ];
  expect(clock.pending).toBe(before + 2);
  await session.pause();
  caller.abort(new Error('enough'));
  await Promise.all(waits);
  expect(clock.pending).toBe(before);
});

test('however many wait, for one session and with one signal, Node warns of no leak', async () => {
  const { clock, session } = await begun();
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const caller = new AbortController();
  const waits = Array.from({ length: 50 }, () =>
    rejectionOf(session.waitFor('paused', { signal: caller.signal })),
  );
  await clock.settle();
  const why = new Error('enough');
  caller.abort(why);
  expect(await Promise.all(waits)).toEqual(Array.from({ length: 50 }, () => why));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('another owner that wins the session, in the middle of its end too, is told', async () => {
  const { clock, runtime, store, memory } = faultyRuntime();
  const session = await runtime.create();
  const waiting = rejectionOf(session.waitFor('paused'));
  store.break('fail');
  const refused = rejectionOf(session.terminate());
  await clock.settle();
  await memory.commit(await recordOf(memory, session.id), {});
  store.heal();
  await clock.advance(60_000);
  await refused;
  expect(await waiting).toBeInstanceOf(Fenced);
  expect(await rejectionOf(session.waitFor('paused'))).toBeInstanceOf(Fenced);
});

test.each(['asleep', '', 'hibernated'])('%j is no state', async (state) => {
  const { session } = await begun();
  const error = await rejectionOf(session.waitFor(state as SessionState));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option: 'state', value: state });
});

test.each([0, -1, Number.NaN, '5'])('a time-out of %j is refused', async (timeoutMs) => {
  const { session } = await begun();
  const options = { timeoutMs: timeoutMs as number };
  const error = await rejectionOf(session.waitFor('active', options));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ option: 'timeoutMs', value: timeoutMs });
});
