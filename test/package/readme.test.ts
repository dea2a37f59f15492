import { existsSync, readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsHelp } from '../../src/cli/settings.ts';
import { INITIALIZE } from '../mcp/sessions/endpoint-under-test.ts';
import { codeBlocks, linkedFiles, pages, readPage, saidToPrint } from './code-blocks.ts';
import { ROOT } from './entries.ts';
import { ReadmeProject } from './readme-project.ts';

// What the README prints is compiled and run as it is printed, against the built package.

const README = readPage('README.md');
const BLOCKS = codeBlocks(README);
const PROGRAMS = BLOCKS.filter(({ language }) => /^[tj]s$/.test(language)).map((block, index) => ({
  ...block,
  name: `block-${index + 1}`,
}));
/** A server runs until it is told to stop: it has a test of its own. */
const [servers, others] = [true, false].map((serves) =>
  PROGRAMS.filter(({ code }) => code.includes('createServer(') === serves),
);

const project = new ReadmeProject();
let said = '';

beforeAll(async () => {
  for (const { name, language, code } of PROGRAMS) project.write(`${name}.${language}`, code);
  said = await project.compile();
}, 60_000);

afterAll(() => project.remove());

test('every program compiles, strict, as it is printed', () => {
  expect(PROGRAMS.length).toBeGreaterThan(0);
  expect(said).toBe('');
});

describe.each(others ?? [])('the program under $heading', ({ name, code }) => {
  test('runs, prints what it says it prints, and ends by itself', async () => {
    const running = project.run(name);
    const { code: exitCode, errors } = await running.exit();
    expect(exitCode, errors).toBe(0);
    expect(running.lines).toEqual(saidToPrint(code));
  });
});

describe.each(servers ?? [])('the server under $heading', ({ name }) => {
  test('serves MCP, and stops when it is asked to', async () => {
    const running = project.run(name, { PORT: String(await freePort()) });
    const [url = ''] = /http:\S+/.exec(await running.nextLine()) ?? [];
    const opened = await post(url, INITIALIZE);
    expect(opened.status).toBe(200);
    const id = opened.headers.get('mcp-session-id') ?? '';
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } };
    expect(await (await post(url, call, { 'mcp-session-id': id })).text()).toContain(id);
    expect(await statusUnderName(url, 'elsewhere.example')).toBe(403);
    running.stop();
    expect(await running.exit()).toMatchObject({ code: 0 });
  });
});

test('every command is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const known = Object.keys(scripts);
  const named = [...README.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, name = '']) => name);
  const unknown = named.filter((name) => !['install', 'i'].includes(name) && !known.includes(name));
  expect(unknown).toEqual([]);
  expect(named).toContain('test');
  const files = [...README.matchAll(/node (\S+\.m?js)/g)].map(([, file = '']) => file);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('how it is tested stands alone in a block', () => {
  expect(BLOCKS).toContainEqual({
    language: 'sh',
    code: 'npm install && npm test\n',
    heading: 'Test it',
  });
});

test('the settings are those of `holdfast serve`, with their defaults', () => {
  const rows = [...README.matchAll(/^\| (`HOLDFAST_.*`) \| ([^|]*) \|/gm)];
  const inReadme = rows.flatMap(([, names = '', defaults = '']) => {
    const values = defaults.split(', ');
    return names.split(', ').map((name, at) => `${name.replaceAll('`', '')} ${values[at]}`);
  });
  const inProgram = settingsHelp()
    .split('\n')
    .flatMap((line) => /(HOLDFAST_\w+) .*\((.*)\)$/.exec(line)?.slice(1).join(' ') ?? []);
  expect(inReadme.sort()).toEqual(inProgram.sort());
});

test.each(pages())('%s: every link within the checkout leads to a file', (page) => {
  const missing = linkedFiles(readPage(page)).filter(
    (target) => !existsSync(join(ROOT, dirname(page), target)),
  );
  expect(missing).toEqual([]);
});

test('it can be read in one go', () => {
  expect(README.split('\n').length).toBeLessThanOrEqual(250);
});

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(body),
  });

/** What a request is answered with that names another host, as one of a rebound name does. */
const statusUnderName = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
