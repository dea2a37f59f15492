import { expect, test } from 'vitest';
import { allowedHosts, isLoopback } from '../../src/cli/hosts.ts';

test('only the loopback interface is out of reach of other machines', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
    expect(isLoopback(host)).toBe(true);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example']) {
    expect(isLoopback(host)).toBe(false);
  }
});

test('a server is addressed by the names it has, and by no others', () => {
  expect(allowedHosts('10.0.0.1')).toEqual(['localhost', '127.0.0.1', '[::1]', '10.0.0.1']);
  expect(allowedHosts('fe80::1')).toContain('[fe80::1]');
  expect(allowedHosts('0.0.0.0')).toContain('127.0.0.1');
  expect(allowedHosts('0.0.0.0')).not.toContain('0.0.0.0');
  expect(allowedHosts('0.0.0.0')).not.toContain('evil.example');
});
