import { expect, test } from 'vitest';
import { eventJson, eventLine, isPrinted } from '../../src/cli/event-line.ts';
import { SessionUnreadableError } from '../../src/errors.ts';
import type { LifecycleEvent } from '../../src/observe/events.ts';

const HEAD = { id: 'ses_x', principal: null, seq: 1, at: Date.UTC(2026, 0, 1, 12, 30, 15, 250) };
const ended: LifecycleEvent = { ...HEAD, type: 'session.ended', reason: 'idle-timeout' };
const changed = (
  from: 'active' | 'idle' | 'paused',
  to: 'idle' | 'active' | 'paused' | 'terminating',
) => ({ ...HEAD, type: 'session.state-changed', from, to }) satisfies LifecycleEvent;

test('an end is one line that can be searched for', () => {
  expect(eventLine(ended, false)).toBe('12:30:15.250 ended ses_x idle-timeout');
});

test('colour is for those who asked for it', () => {
  expect(eventLine(ended, false)).not.toContain('\u001b');
  expect(eventLine(ended, true)).toContain('\u001b[36mended\u001b[0m ses_x idle-timeout');
});

test('a line is one line, whatever an error says', () => {
  const event: LifecycleEvent = {
    at: HEAD.at,
    type: 'runtime.error',
    where: 'a listener',
    error: new Error('one\ntwo\u001b[2J\u2028three'),
  };
  expect(eventLine(event, false)).toBe('12:30:15.250 error in a listener: one?two?[2J?three');
});

test('each level prints what the one before prints, and more', () => {
  const started: LifecycleEvent = {
    ...HEAD,
    type: 'session.operation-started',
    operation: 'o',
    name: 'tools/call',
  };
  const failing: LifecycleEvent = { at: 0, type: 'runtime.store-failing', error: 'disk' };
  const printed = (event: LifecycleEvent) =>
    (['silent', 'error', 'warn', 'info', 'debug'] as const).filter((level) =>
      isPrinted(event, level),
    );
  expect(printed(started)).toEqual(['debug']);
  expect(printed(ended)).toEqual(['info', 'debug']);
  expect(printed(failing)).toEqual(['error', 'warn', 'info', 'debug']);
});

test('of the changes of state, those with a line of their own are not told twice', () => {
  expect(isPrinted(changed('active', 'idle'), 'info')).toBe(true);
  expect(isPrinted(changed('idle', 'active'), 'info')).toBe(true);
  expect(isPrinted(changed('active', 'paused'), 'info')).toBe(false);
  expect(isPrinted(changed('paused', 'active'), 'info')).toBe(false);
  expect(isPrinted(changed('idle', 'terminating'), 'info')).toBe(false);
  expect(isPrinted(changed('idle', 'terminating'), 'debug')).toBe(true);
});

test('for programs an event is JSON on one line, an error with its name and message', () => {
  expect(JSON.parse(eventJson(ended))).toEqual(ended);
  const failing: LifecycleEvent = {
    at: 0,
    type: 'runtime.store-failing',
    error: new TypeError('a\nb'),
  };
  expect(eventJson(failing)).not.toContain('\n');
  expect(JSON.parse(eventJson(failing))).toMatchObject({
    error: { name: 'TypeError', message: 'a\nb' },
  });
});

test('that a session is put away and woken is told to everybody who reads along', () => {
  const hibernated: LifecycleEvent = { ...HEAD, type: 'session.hibernated' };
  const woken: LifecycleEvent = { ...HEAD, type: 'session.woken', from: 'crash' };
  expect(isPrinted(hibernated, 'info') && isPrinted(woken, 'info')).toBe(true);
  expect(eventLine(hibernated, false)).toBe('12:30:15.250 hibernated ses_x');
  expect(eventLine(woken, false)).toBe('12:30:15.250 woken ses_x after a crash');
});

test('whoever serves is told what keeps a session from being read, and what a gap was', () => {
  const error = new SessionUnreadableError('The behaviour "a" is not registered: register it.');
  const told: LifecycleEvent = { at: HEAD.at, type: 'runtime.error', where: 'a wake', error };
  expect(eventLine(told, false)).toMatch(/The behaviour "a" is not registered: register it\.$/);
  const gap = { at: HEAD.at, type: 'runtime.time-gap', gapMs: 2_179.4 } as const;
  expect(eventLine({ ...gap, kind: 'downtime' }, false)).toBe(
    '12:30:15.250 gap no process was here for 2179 ms',
  );
  expect(eventLine({ ...gap, kind: 'stall' }, false)).toBe('12:30:15.250 gap stall of 2179 ms');
});
