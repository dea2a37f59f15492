import { expect, test } from 'vitest';
import { printer } from '../../src/cli/printer.ts';
import type { LifecycleEvent } from '../../src/observe/events.ts';

const trouble: LifecycleEvent = {
  at: 0,
  type: 'runtime.error',
  where: 'the MCP endpoint',
  error: new Error('one\ntwo'),
};
const started: LifecycleEvent = { at: 0, type: 'runtime.draining' };

const printed = (settings: Parameters<typeof printer>[0]): string[] => {
  const lines: string[] = [];
  const print = printer(settings, {
    print: (line) => lines.push(line),
    complain: () => expect.unreachable(),
    colours: false,
  });
  for (const event of [started, trouble]) print(event);
  return lines;
};

test('an error is one line, without its stack, for people and for programs', () => {
  expect(printed({ json: false, logLevel: 'error' })).toEqual([
    '00:00:00.000 error in the MCP endpoint: one?two',
  ]);
  expect(printed({ json: true, logLevel: 'error' }).map((line) => JSON.parse(line))).toEqual([
    { ...trouble, error: { name: 'Error', message: 'one\ntwo' } },
  ]);
});

test('silent is silent, and info is both', () => {
  expect(printed({ json: true, logLevel: 'silent' })).toEqual([]);
  expect(printed({ json: true, logLevel: 'info' })).toHaveLength(2);
});
