import { expect, test } from 'vitest';
import { HoldfastError, InvalidOptionError, LIMITS } from '../../../src/index.ts';
import { quietRuntime, rejectionOf } from '../fixture.ts';

test('what is refused is not told: an error is logged sooner or later', async () => {
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  const secret = 'my password is hunter2';
  const wrong = [
    secret,
    { role: secret, content: 'x' },
    { role: 'user', content: [secret] },
    { role: 'user', content: 'x', metadata: secret },
  ];
  for (const message of wrong) {
    const error = await rejectionOf(session.append(message as never));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('hunter2');
  }
});

test('data as deep as may be is stored and ended like any other; deeper is refused at the door', async () => {
  const nested = (levels: number): unknown => {
    let data: unknown = 1;
    for (let level = 0; level < levels; level += 1) data = [data];
    return data;
  };
  const { runtime } = quietRuntime();
  const session = await runtime.create();
  await session.update(() => nested(LIMITS.dataLevels));
  expect(await rejectionOf(session.update(() => nested(LIMITS.dataLevels + 1)))).toBeInstanceOf(
    HoldfastError,
  );
  expect(await session.terminate()).toBe('client');
});
