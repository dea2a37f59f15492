import { expect, test } from 'vitest';
import { readSettings, settingsHelp } from '../../src/cli/settings.ts';

const settingsOf = (env: Record<string, string>, ...args: string[]) => {
  const read = readSettings(env, args);
  if ('settings' in read) return read.settings;
  throw new Error(JSON.stringify(read.mistakes));
};

const mistakesOf = (env: Record<string, string>, ...args: string[]): string[] => {
  const read = readSettings(env, args);
  return 'mistakes' in read ? read.mistakes.map(({ name, message }) => `${name} ${message}`) : [];
};

test('without any setting: port 4100 of the loopback interface, and the defaults of the runtime', () => {
  expect(settingsOf({})).toEqual({
    port: 4100,
    host: '127.0.0.1',
    data: '.holdfast',
    idleAfter: null,
    idleTimeout: null,
    hibernateAfter: null,
    pausedTimeout: null,
    maxLifetime: null,
    heartbeatInterval: null,
    heartbeatMissed: null,
    sweepInterval: null,
    maxSessions: null,
    maxStored: null,
    maxSessionsPerPrincipal: null,
    tombstone: null,
    logLevel: 'info',
    conformance: false,
    json: false,
  });
});

test('every variable is read', () => {
  const env = {
    HOLDFAST_PORT: '0',
    HOLDFAST_HOST: 'localhost',
    HOLDFAST_DATA: ':memory:',
    HOLDFAST_IDLE_AFTER: '1s',
    HOLDFAST_IDLE_TIMEOUT: '3s',
    HOLDFAST_HIBERNATE_AFTER: '0ms',
    HOLDFAST_PAUSED_TIMEOUT: '1h',
    HOLDFAST_MAX_LIFETIME: 'off',
    HOLDFAST_HEARTBEAT_INTERVAL: '500ms',
    HOLDFAST_HEARTBEAT_MISSED: '2',
    HOLDFAST_SWEEP_INTERVAL: '1s',
    HOLDFAST_MAX_SESSIONS: '5',
    HOLDFAST_MAX_STORED: '7',
    HOLDFAST_MAX_SESSIONS_PER_PRINCIPAL: '6',
    HOLDFAST_TOMBSTONE: '1m',
    HOLDFAST_LOG_LEVEL: 'debug',
    HOLDFAST_CONFORMANCE: 'on',
    UNRELATED: 'x',
  };
  expect(settingsOf(env)).toEqual({
    port: 0,
    host: 'localhost',
    data: ':memory:',
    idleAfter: 1_000,
    idleTimeout: 3_000,
    hibernateAfter: 0,
    pausedTimeout: 3_600_000,
    maxLifetime: 'off',
    heartbeatInterval: 500,
    heartbeatMissed: 2,
    sweepInterval: 1_000,
    maxSessions: 5,
    maxStored: 7,
    maxSessionsPerPrincipal: 6,
    tombstone: 60_000,
    logLevel: 'debug',
    conformance: true,
    json: false,
  });
});

test('flags override the environment, and an empty variable is one that is not set', () => {
  const env = { HOLDFAST_IDLE_AFTER: '1s', HOLDFAST_PORT: '' };
  expect(settingsOf(env, '--idle-after=2s', '--json')).toMatchObject({
    port: 4100,
    idleAfter: 2_000,
    json: true,
  });
  expect(settingsOf(env, '--idle-after', 'off')).toMatchObject({ idleAfter: 'off' });
});

test('all mistakes are told at once, each with name, value and what is allowed', () => {
  const env = { HOLDFAST_IDLE_AFTER: '5', HOLDFAST_PORT: '70000', HOLDFAST_LOG_LEVEL: 'loud' };
  expect(
    mistakesOf(env, '--tombstone', 'off', '--max-sessions=0', '--bogus', '1', 'stray'),
  ).toEqual([
    '--bogus is no flag; the nearest one is --port. `holdfast serve --help` has them all.',
    'stray is not understood: only flags are allowed.',
    'HOLDFAST_PORT is "70000", but must be a whole number from 0 to 65535 (0 picks a free port).',
    'HOLDFAST_IDLE_AFTER is "5", but must be a duration as 500ms, 2s, 5m, 8h or 7d, or off.',
    '--max-sessions is "0", but must be a whole number of at least 1.',
    '--tombstone is "off", but must be a duration as 500ms, 2s, 5m, 8h or 7d.',
    'HOLDFAST_LOG_LEVEL is "loud", but must be silent, error, warn, info, debug.',
  ]);
  expect(mistakesOf({}, '--port')).toEqual([expect.stringMatching(/^--port needs a value/)]);
  expect(mistakesOf({}, '--idle-timout', '1s')).toEqual([
    expect.stringContaining('the nearest one is --idle-timeout.'),
  ]);
  expect(mistakesOf({ HOLDFAST_HIBERNATE_AFTER: '0s', HOLDFAST_IDLE_AFTER: '0s' })).toEqual([
    expect.stringMatching(/^HOLDFAST_IDLE_AFTER is "0s"/),
  ]);
  expect(mistakesOf({}, '--data', ':memroy:', '--hibernate-after', '-1s')).toEqual([
    '--data is ":memroy:", but must be the path of a folder, or :memory: to keep nothing.',
    '--hibernate-after is "-1s", but must be a duration as 500ms, 2s, 5m, 8h or 7d, 0ms for at once, or off.',
  ]);
  expect(mistakesOf({}, '-p')).toEqual([expect.stringMatching(/^-p is no flag/)]);
});

test('the help names every setting, as a flag and as a variable', () => {
  const help = settingsHelp();
  for (const key of ['idle-after', 'max-sessions-per-principal', 'sweep-interval', 'log-level']) {
    expect(help).toContain(`--${key} `);
    expect(help).toContain(`HOLDFAST_${key.replaceAll('-', '_').toUpperCase()} `);
  }
  expect(help.split('\n')).toHaveLength(18);
});

test('the help says of each setting what it takes', () => {
  const help = settingsHelp();
  expect(help).toContain('--idle-after <duration|off> ');
  expect(help).toContain('--tombstone <duration> ');
  expect(help).toContain('--port <port> ');
  expect(help).toContain('--max-sessions <number> ');
  expect(help).toContain('--log-level <level> ');
  expect(help).toContain('--data <folder> ');
  expect(help).toContain('--conformance ');
  expect(help).toContain('(24h; 30m with :memory:)');
  expect(help).toContain('(7d; 8h with :memory:)');
});

test('what is there or not is a flag without a value, and a variable that is on or off', () => {
  expect(settingsOf({}, '--conformance')).toMatchObject({ conformance: true });
  expect(settingsOf({ HOLDFAST_CONFORMANCE: 'off' })).toMatchObject({ conformance: false });
  expect(settingsOf({ HOLDFAST_CONFORMANCE: 'off' }, '--conformance').conformance).toBe(true);
  expect(mistakesOf({ HOLDFAST_CONFORMANCE: '1' }, '--conformance=on')).toEqual([
    '--conformance takes no value.',
    'HOLDFAST_CONFORMANCE is "1", but must be on or off.',
  ]);
  // The next one is not its value.
  expect(mistakesOf({}, '--conformance', 'on')).toEqual([expect.stringContaining('on is not')]);
});

test('a misspelt variable is a mistake like the others', () => {
  expect(mistakesOf({ HOLDFAST_IDEL_AFTER: '1s', HOLDFAST_PORT: 'x' })).toEqual([
    'HOLDFAST_IDEL_AFTER is no setting; the nearest one is HOLDFAST_IDLE_AFTER.',
    expect.stringMatching(/^HOLDFAST_PORT is "x"/),
  ]);
});

test('flags that npm has taken are told as such, and not as strays', () => {
  const npm = { npm_lifecycle_event: 'start', npm_config_idle_after: 'true' };
  expect(mistakesOf(npm, '1s')).toEqual([
    'npm took flags for itself. Put -- before them: npm start -- --idle-after 1s',
  ]);
  expect(mistakesOf({ npm_lifecycle_event: 'start' }, 'stray')).toEqual([
    'stray is not understood: only flags are allowed.',
  ]);
});

test('deadlines that contradict each other are told by the names they were given by', () => {
  const env = { HOLDFAST_IDLE_AFTER: '1m' };
  expect(mistakesOf(env, '--idle-timeout', '30s')).toEqual([
    'HOLDFAST_IDLE_AFTER is 1m, but must be below --idle-timeout (30s).',
  ]);
  expect(mistakesOf(env, '--idle-after', '1s', '--idle-timeout', '30s')).toEqual([]);
});
