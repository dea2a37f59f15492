import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canServe } from '../../src/cli/servable.ts';

test('what can be served can be made a Web-standard request, whatever comes', () => {
  const piece = fc.constantFrom(
    'localhost',
    'a',
    '[::1',
    '[::1]',
    ':',
    '@',
    '/',
    '\\',
    ' ',
    '%',
    '80',
    '#',
    '?',
  );
  const host = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
  const method = fc.constantFrom('GET', 'POST', 'TRACE', 'CONNECT', 'PURGE', 'HEAD');
  fc.assert(
    fc.property(method, host, (verb, name) => {
      if (!canServe({ method: verb, url: '/mcp', headers: { host: name } })) return;
      expect(new Request(`http://${name}/mcp`, { method: verb }).method).toBe(verb);
    }),
  );
});

test.each(['localhost', 'localhost:4100', '[::1]:4100', 'mcp.example', undefined])(
  'a Host as it should be is served: %s',
  (host) => {
    const headers = host === undefined ? {} : { host };
    expect(canServe({ method: 'POST', url: '/mcp?x=1', headers })).toBe(true);
  },
);

test.each([
  ['TRACE', 'localhost'],
  ['PURGE', 'localhost'],
  ['GET', '[::1'],
  ['GET', 'localhost:99999'],
  ['GET', 'somebody@localhost'],
  ['GET', ':secret@localhost'],
])('what the web refuses is refused: %s to %s', (method, host) => {
  expect(canServe({ method, url: '/mcp', headers: { host } })).toBe(false);
});
