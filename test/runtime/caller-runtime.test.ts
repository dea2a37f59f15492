import { expect, test } from 'vitest';
import { ForbiddenError, SessionNotFoundError } from '../../src/index.ts';
import { quietRuntime, rejectionOf } from './fixture.ts';

test('a runtime bound to a caller makes sessions of that caller, and of nobody else', async () => {
  const { runtime } = quietRuntime();
  expect((await runtime.as('ada').create()).principal).toBe('ada');
  expect((await runtime.as(null).create()).principal).toBeNull();
  const sneaky: object = { principal: 'bob' };
  expect((await runtime.as('ada').create(sneaky)).principal).toBe('ada');
  expect(runtime.as('ada').principal).toBe('ada');
});

test('a caller sees and ends its own sessions, and no others', async () => {
  const { runtime } = quietRuntime();
  const own = await runtime.as('ada').create();
  expect((await runtime.as('ada').get(own.id)).id).toBe(own.id);
  for (const stranger of [runtime.as('bob'), runtime.as(null)]) {
    expect(await rejectionOf(stranger.get(own.id))).toBeInstanceOf(SessionNotFoundError);
    expect(await rejectionOf(stranger.terminate(own.id))).toBeInstanceOf(SessionNotFoundError);
  }
  expect(own.state).toBe('active');
  expect((await runtime.as('ada').list()).sessions.map(({ id }) => id)).toEqual([own.id]);
  expect((await runtime.as('bob').list()).sessions).toEqual([]);
});

test('what would need to tell anonymous callers apart is forbidden to them', async () => {
  const { runtime } = quietRuntime();
  const anonymous = runtime.as(null);
  const refused = [
    () => anonymous.list(),
    () => anonymous.terminateAll(),
    () => anonymous.getOrCreate({ key: 'mine' }),
    () => anonymous.create({ idempotencyKey: 'once' }),
  ];
  for (const ask of refused) expect(await rejectionOf(ask())).toBeInstanceOf(ForbiddenError);
  expect(runtime.stats().resident).toBe(0);
});
