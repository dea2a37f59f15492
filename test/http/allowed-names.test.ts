import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { allowedNames } from '../../src/http/allowed-names.ts';

const HOST = { host: 'localhost' };

describe('by default, the loopback interface', () => {
  const names = allowedNames({});

  test.each([
    'localhost',
    'localhost:4100',
    'LOCALHOST:4100',
    'localhost.',
    'localhost.:80',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:4100',
    '[0:0:0:0:0:0:0:1]:4100',
  ])('a request to %s comes in', (host) => {
    expect(names(new Headers({ host }))).toBeNull();
  });

  test.each([
    ['evil.example', 'Invalid Host: evil.example'],
    ['localhost.evil.example', 'Invalid Host: localhost.evil.example'],
    ['localhost..', 'Invalid Host: localhost.'],
    ['evil@localhost', 'Invalid Host header: evil@localhost'],
    ['evil.example#@localhost', 'Invalid Host header: evil.example#@localhost'],
    ['evil.example/localhost', 'Invalid Host header: evil.example/localhost'],
    ['evil.example\\localhost', 'Invalid Host header: evil.example\\localhost'],
    ['local%68ost', 'Invalid Host header: local%68ost'],
    ['[::1', 'Invalid Host header: [::1'],
    ['::1', 'Invalid Host header: ::1'],
    ['[::1]x', 'Invalid Host header: [::1]x'],
    ['[::2]', 'Invalid Host: [::2]'],
    ['[:::]', 'Invalid Host header: [:::]'],
    ['localhost:99999999', 'Invalid Host header: localhost:99999999'],
    ['localhost, evil.example', 'Invalid Host header: localhost, evil.example'],
    ['', 'Missing Host header'],
  ])('one to %s does not', (host, why) => {
    expect(names(new Headers({ host }))).toEqual({ why, option: 'allowedHosts' });
  });

  test('one to nobody does not', () => {
    expect(names(new Headers())).toEqual({ why: 'Missing Host header', option: 'allowedHosts' });
  });

  test.each(['http://localhost', 'https://localhost:8080', 'HTTP://LocalHost', 'http://[::1]:80'])(
    'a page from %s may ask',
    (origin) => {
      expect(names(new Headers({ ...HOST, origin }))).toBeNull();
    },
  );

  test.each([
    ['http://evil.example', 'Invalid Origin: evil.example'],
    ['https://localhost.evil.example:80', 'Invalid Origin: localhost.evil.example'],
    ['http://localhost@evil.example', 'Invalid Origin header: http://localhost@evil.example'],
    ['http://evil.example#localhost', 'Invalid Origin header: http://evil.example#localhost'],
    ['null', 'Invalid Origin header: null'],
    ['localhost', 'Invalid Origin header: localhost'],
    ['file://', 'Invalid Origin header: file://'],
    ['', 'Invalid Origin header: '],
    ['moz-extension://1234', 'Invalid Origin: 1234'],
    ['http://*', 'Invalid Origin: *'],
  ])('a page from %j may not', (origin, why) => {
    expect(names(new Headers({ ...HOST, origin }))).toEqual({ why, option: 'allowedOrigins' });
  });
});

test('what is listed takes the place of the default', () => {
  const names = allowedNames({
    allowedHosts: ['MCP.example.', '[FE80:0::1]'],
    allowedOrigins: ['page.example', 'moz-extension://*'],
  });
  const host = 'mcp.example:443';
  expect(names(new Headers({ host }))).toBeNull();
  expect(names(new Headers({ host: '[fe80::1]' }))).toBeNull();
  expect(names(new Headers(HOST))?.option).toBe('allowedHosts');
  expect(names(new Headers({ host, origin: 'https://page.example' }))).toBeNull();
  expect(names(new Headers({ host, origin: 'moz-extension://0a1b-2c' }))).toBeNull();
  expect(names(new Headers({ host, origin: 'chrome-extension://0a1b' }))).not.toBeNull();
  expect(names(new Headers({ host, origin: 'http://localhost' }))?.option).toBe('allowedOrigins');
});

test.each([
  { allowedHosts: ['localhost:4100'] },
  { allowedHosts: ['http://localhost'] },
  { allowedHosts: [''] },
  { allowedHosts: ['[::1]:80'] },
  { allowedHosts: ['moz-extension://*'] },
  { allowedOrigins: ['page.example:80'] },
  { allowedOrigins: ['http://page.example/app'] },
  { allowedOrigins: ['http://page.example:999999'] },
  { allowedOrigins: ['chrome-extension://0a1b'] },
  { allowedOrigins: ['*'] },
  { allowedOrigins: ['*.page.example'] },
  { allowedOrigins: ['https://*.page.example'] },
  { allowedHosts: ['*'] },
  { allowedHosts: ['*.mcp.example'] },
  { allowedOrigins: ['https://*'] },
])('a name that no request could ever match is refused: %j', (options) => {
  expect(() => allowedNames(options)).toThrow(InvalidOptionError);
});

test('a wildcard is refused with words: it would match nothing', () => {
  for (const option of ['allowedHosts', 'allowedOrigins'] as const) {
    expect(() => allowedNames({ [option]: ['*.page.example'] })).toThrow(
      /^allowed(Hosts|Origins) is "\*\.page\.example", but must be .*: a wildcard matches nothing\.$/,
    );
  }
});

test.each(['a', [7], [undefined], {}])('what is no array of names is refused: %j', (names) => {
  for (const option of ['allowedHosts', 'allowedOrigins'] as const) {
    expect(() => allowedNames({ [option]: names as string[] })).toThrow(
      new RegExp(`^${option} is .*an array of`),
    );
  }
});

test('a whole origin stands for its host name', () => {
  const names = allowedNames({
    allowedOrigins: ['https://Page.example', 'http://other.example:8080', 'http://[::1]:80'],
  });
  for (const origin of ['https://page.example', 'http://other.example', 'http://[::1]:3000']) {
    expect(names(new Headers({ ...HOST, origin }))).toBeNull();
  }
  expect(names(new Headers({ ...HOST, origin: 'https://https' }))).not.toBeNull();
  expect(names(new Headers({ ...HOST, origin: 'http://localhost' }))).not.toBeNull();
});
