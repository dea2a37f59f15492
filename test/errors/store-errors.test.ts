import { expect, test } from 'vitest';
import { StoreError } from '../../src/errors.ts';

test('what the store itself said is told with it, and decides whether a retry is worth it', () => {
  const full = new StoreError('the disk is full', null);
  const over = new StoreError('its thread has ended', null, false);
  const outer = new StoreError('the session was not recorded', full);
  expect(outer.message).toBe('The store failed: the session was not recorded: the disk is full.');
  expect(outer).toMatchObject({ retryable: true, cause: full });
  expect(new StoreError('it could not be read', over).retryable).toBe(false);
  expect(new StoreError('nobody is told', outer).message).toBe(
    'The store failed: nobody is told: the session was not recorded: the disk is full.',
  );
});

test('of what is not ours nothing is told, and a retry is worth it', () => {
  const foreign = new StoreError('it was not recorded', new Error('INSERT INTO secrets'));
  expect(foreign.message).toBe('The store failed: it was not recorded.');
  expect(foreign.retryable).toBe(true);
});
