import { expect, test } from 'vitest';
import { takenByNpm, unknownVariables } from '../../src/cli/misplaced.ts';

const KNOWN = ['HOLDFAST_PORT', 'HOLDFAST_IDLE_AFTER'];
const KEYS = ['port', 'idleAfter', 'logLevel', 'json'];

test('every variable that looks like a setting and is none is told, with the nearest that is one', () => {
  const env = {
    HOLDFAST_PORT: '1',
    HOLDFAST_IDEL_AFTER: '1s',
    HOLDFAST_PROT: '2',
    // Empty is not set, and the rest is not ours.
    HOLDFAST_BOGUS: '',
    PORT: '3',
    XHOLDFAST_PORT: '4',
  };
  expect(unknownVariables(env, KNOWN)).toEqual([
    {
      name: 'HOLDFAST_IDEL_AFTER',
      message: 'is no setting; the nearest one is HOLDFAST_IDLE_AFTER.',
    },
    { name: 'HOLDFAST_PROT', message: 'is no setting; the nearest one is HOLDFAST_PORT.' },
  ]);
});

test.each([
  // As npm 11 hands them on: an unknown flag is `true`, and what follows it an argument.
  [{ npm_config_idle_after: 'true' }, ['1s'], '--idle-after 1s'],
  [{ npm_config_port: '4200' }, [], '--port 4200'],
  [{ npm_config_json: 'true' }, [], '--json'],
  [
    { npm_config_port: '4200', npm_config_log_level: 'true' },
    ['debug', 'more'],
    '--port 4200 --log-level debug more',
  ],
])('what npm start has taken is told with the way that works: %j', (env, strays, flags) => {
  expect(takenByNpm({ npm_lifecycle_event: 'start', ...env }, KEYS, strays)).toEqual({
    name: 'npm',
    message: `took flags for itself. Put -- before them: npm start -- ${flags}`,
  });
});

test('without npm start nothing is taken', () => {
  expect(takenByNpm({ npm_config_port: '1' }, KEYS, [])).toBeNull();
  expect(takenByNpm({ npm_lifecycle_event: 'test', npm_config_port: '1' }, KEYS, [])).toBeNull();
  expect(takenByNpm({ npm_lifecycle_event: 'start' }, KEYS, ['stray'])).toBeNull();
});
