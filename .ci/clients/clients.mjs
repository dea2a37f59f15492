// Whom the course is run with. The versions are those of package.json, which the lock file pins.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const modules = join(import.meta.dirname, 'node_modules');
const fileOf = (...names) => join(modules, ...names);
const versionOf = (name) => JSON.parse(readFileSync(fileOf(name, 'package.json'), 'utf8')).version;

const SDK_V1 = '@modelcontextprotocol/sdk';
const SDK_V2 = '@modelcontextprotocol/client';
const INSPECTOR = '@modelcontextprotocol/inspector';
const CLI = fileOf(INSPECTOR, 'clients/launcher/build/index.js');
const MCPDO = fileOf(INSPECTOR, 'clients/mcpdo/build/mcp-bin.js');

/**
 * By name. `speaks`: how it is set up, in the words of the table. `keeps`: where its notes are: in the session of its
 * protocol, or, where that has none, behind a handle.
 */
const CLIENTS = {
  'sdk-v1': { package: SDK_V1, speaks: 'as it is', keeps: 'session', driver: 'sdk-v1' },
  'sdk-v2-legacy': {
    package: SDK_V2,
    speaks: 'as it is; `terminateSession()` before `close()`',
    keeps: 'session',
    driver: 'sdk-v2',
    options: { terminates: true },
  },
  'sdk-v2-auto': {
    package: SDK_V2,
    speaks: "`mode: 'auto'`",
    keeps: 'handle',
    driver: 'sdk-v2',
    options: { mode: 'auto' },
  },
  'sdk-v2-pinned': {
    package: SDK_V2,
    speaks: "`mode: { pin: '2026-07-28' }`",
    keeps: 'handle',
    driver: 'sdk-v2',
    options: { mode: { pin: '2026-07-28' } },
  },
  'ai-sdk': {
    package: '@ai-sdk/mcp',
    speaks: 'as it is',
    keeps: 'handle',
    driver: 'ai-sdk',
    needs22: true,
  },
  'mcp-remote': {
    package: 'mcp-remote',
    speaks: '`--allow-http --transport http-only`',
    keeps: 'session',
    driver: 'bridge',
    options: {
      script: fileOf('mcp-remote/dist/proxy.js'),
      args: ['<url>', '--allow-http', '--transport', 'http-only'],
    },
  },
  supergateway: {
    package: 'supergateway',
    speaks: '`--streamableHttp`',
    keeps: 'session',
    driver: 'bridge',
    options: {
      script: fileOf('supergateway/dist/index.js'),
      args: ['--streamableHttp', '<url>'],
    },
  },
  'inspector-cli': {
    package: INSPECTOR,
    speaks: '`--cli`, a process for each call',
    keeps: 'session',
    driver: 'inspector',
    options: { script: CLI, era: 'legacy' },
    needs22: true,
  },
  'inspector-cli-modern': {
    package: INSPECTOR,
    speaks: '`--cli --protocol-era modern`',
    keeps: 'handle',
    driver: 'inspector',
    options: { script: CLI, era: 'modern' },
    needs22: true,
  },
  'inspector-mcpdo': {
    package: INSPECTOR,
    speaks: '`mcpdo connect`, a connection that stays',
    keeps: 'session',
    driver: 'mcpdo',
    options: { script: MCPDO, era: 'legacy' },
    needs22: true,
  },
};

export const NAMES = Object.keys(CLIENTS);

/** One of them, with its name and the version that is installed. */
export const clientOf = (name) => ({
  name,
  ...CLIENTS[name],
  version: versionOf(CLIENTS[name].package),
});
