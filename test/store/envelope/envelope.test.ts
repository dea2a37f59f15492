import { expect, test } from 'vitest';
import { type Envelope, isEnvelope, valueAt } from '../../../src/store/envelope/envelope.ts';

const timer = { from: [], to: ['kid'], event: { type: 'x' }, id: null, at: 1 };

const ENVELOPE: Envelope = {
  machineId: null,
  machineVersion: 1,
  incarnation: 1,
  savedAt: 0,
  timers: [timer],
  input: null,
  status: 'running',
  failures: { inARow: 0, early: 0 },
  checkpoint: { snapshot: { list: [{ of: null }], text: 'a', own: 1 }, session: [] },
};

const withPaths = (...session: unknown[]) => ({
  ...ENVELOPE,
  checkpoint: { ...ENVELOPE.checkpoint, session },
});

test('the session is put back only where it was taken out', () => {
  expect(isEnvelope(ENVELOPE)).toBe(true);
  expect(isEnvelope(withPaths(['list', 0, 'of']))).toBe(true);
  for (const path of [
    ['__proto__', 'polluted'],
    ['constructor', 'prototype'],
    ['list', '__proto__'],
    ['text', 'length'],
    ['nowhere'],
    ['own'],
    [],
    'list',
    null,
    [null],
    ['list', -1],
    ['list', 0.5],
    [['list']],
  ]) {
    expect(isEnvelope(withPaths(path)), JSON.stringify(path)).toBe(false);
  }
});

test('what JSON calls __proto__ is data like any other', () => {
  const snapshot: unknown = JSON.parse('{"__proto__":{"of":null}}');
  const path = ['__proto__', 'of'];
  expect(isEnvelope({ ...ENVELOPE, checkpoint: { snapshot, session: [path] } })).toBe(true);
  expect(valueAt(snapshot, path)).toBeNull();
  expect(valueAt({}, ['__proto__'])).toBeUndefined();
  expect(valueAt([1], ['length', 'x'])).toBeUndefined();
});

test.each([
  [{ from: [1] }],
  [{ to: [null] }],
  [{ to: [['kid']] }],
  [{ id: 7 }],
  [{ id: undefined }],
])('a delayed event with %j is none', (change) => {
  expect(isEnvelope({ ...ENVELOPE, timers: [{ ...timer, id: 'i' }] })).toBe(true);
  expect(isEnvelope({ ...ENVELOPE, timers: [{ ...timer, ...change }] })).toBe(false);
});
