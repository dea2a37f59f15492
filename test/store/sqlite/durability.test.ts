import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { ROOT } from '../../package/entries.ts';
import { temporaryFolder } from './temporary-folder.ts';

// A kill proves nothing about a disk: the system keeps what was written. So the process is told to copy its folder at each
// sync, and what was acknowledged must be in the last copy.

const { folder: home, remove } = temporaryFolder();
afterAll(remove);

/** The reason why it cannot be shown here; `null`: it can. */
const hindrance =
  process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
    ? null
    : 'it needs Linux and a C compiler, `cc`';

/** Eight sessions at once, each appending as fast as it is answered; each answer is a line. */
const PROGRAM = `
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
const { openSqliteStore } = await import(pathToFileURL(join(process.argv[1], 'src/store/sqlite/index.js')).href);
const store = await openSqliteStore({ folder: process.env.HOLDFAST_TEST_DATA });
const say = (...words) => writeSync(1, words.join(' ') + '\\n');
const columns = { principal: null, key: null, owner: null, state: 'active', due: null, schema: 1 };
const lane = async (id) => {
  let held = await store.create({ id, ...columns, session: {}, snapshot: null });
  say('created', id);
  for (let n = 1; ; n++) {
    held = await store.commit(held, { append: [{ id, n }] });
    say('appended', id, n);
  }
};
await Promise.all(Array.from({ length: 8 }, (_, n) => lane('s' + n)));
`;

const preload = (): string => {
  const library = join(home, 'sync-copies.so');
  if (existsSync(library)) return library;
  const source = join(import.meta.dirname, 'sync-copies.c');
  const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stderr);
  return library;
};

interface Round {
  /** Lines: what was acknowledged before the kill. */
  readonly acknowledged: readonly string[];
  /** What was synced: function and file. */
  readonly calls: readonly string[];
  /** The last whole copy. */
  readonly copy: string;
}

/** Runs the program, and kills it `afterMs` after its so many acknowledgements. */
const killed = async (
  name: string,
  code: string,
  lines: number,
  afterMs: number,
): Promise<Round> => {
  const data = join(home, name, 'data');
  const copies = join(home, name, 'copies');
  mkdirSync(copies, { recursive: true });
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, code], {
    env: {
      ...process.env,
      LD_PRELOAD: preload(),
      HOLDFAST_TEST_DATA: data,
      HOLDFAST_TEST_COPIES: copies,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const read = once(reader, 'close');
  reader.on('line', (line) => {
    acknowledged.push(line);
    if (acknowledged.length === lines) setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const late = setTimeout(() => child.kill('SIGKILL'), 12_000);
  await Promise.all([once(child, 'exit'), read]);
  clearTimeout(late);
  const last = readdirSync(copies)
    .map(Number)
    .filter((number) => number > 0)
    .reduce((a, b) => Math.max(a, b), 0);
  const calls = join(copies, 'calls');
  return {
    acknowledged,
    calls: existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [],
    copy: join(copies, String(last)),
  };
};

/** What was acknowledged and is not in the copy. */
const lostIn = async ({ acknowledged, copy }: Round): Promise<string[]> => {
  if (!existsSync(copy)) return [...acknowledged];
  const store = await openSqliteStore({ folder: copy });
  try {
    const lost: string[] = [];
    for (const line of acknowledged) {
      const [what, id = '', n] = line.split(' ');
      const [entry] =
        what === 'created'
          ? [await store.load(id)]
          : await store.readJournal(id, { after: Number(n) - 1, limit: 1 });
      const data = entry !== null && entry !== undefined && 'data' in entry ? entry.data : null;
      const isThere = what === 'created' ? entry !== null : isEqual(data, { id, n: Number(n) });
      if (!isThere) lost.push(line);
    }
    return lost;
  } finally {
    await store.close();
  }
};

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

test('what was acknowledged is in what was synced, at whatever moment the process is killed', async ({
  skip,
}) => {
  if (hindrance !== null) skip(hindrance);
  const moments = [
    [1, 0],
    [9, 90],
    [24, 0],
    [33, 210],
  ] as const;
  const rounds = await Promise.all(
    moments.map(([lines, ms], at) => killed(`round-${at}`, join(ROOT, 'dist'), lines, ms)),
  );
  for (const [at, round] of rounds.entries()) {
    expect(round.acknowledged.length).toBeGreaterThanOrEqual(moments[at]?.[0] ?? 1);
    expect(round.calls.filter((call) => /^f(data)?sync .*-wal$/.test(call)).length).toBeGreaterThan(
      0,
    );
    expect(await lostIn(round)).toEqual([]);
  }
});

/** The compiled package with another setting of SQLite, in a folder of its own. */
const careless = (synchronous: string): string => {
  const code = join(home, synchronous, 'dist');
  const compiled = (path: string) => !/\.(map|d\.ts)$/.test(path);
  cpSync(join(ROOT, 'dist'), code, { recursive: true, filter: compiled });
  symlinkSync(join(ROOT, 'node_modules'), join(home, synchronous, 'node_modules'));
  writeFileSync(join(home, synchronous, 'package.json'), '{ "type": "module" }');
  const file = join(code, 'src/store/sqlite/thread/database.js');
  const before = readFileSync(file, 'utf8');
  const after = before.replaceAll(/synchronous = FULL/g, `synchronous = ${synchronous}`);
  if (after === before) throw new Error(`${file} does not say how it syncs`);
  writeFileSync(file, after);
  return code;
};

test('a store that does not wait for the disk is found out so', async ({ skip }) => {
  if (hindrance !== null) skip(hindrance);
  const rounds = await Promise.all(
    ['NORMAL', 'OFF'].map((setting) => killed(setting, careless(setting), 24, 0)),
  );
  for (const round of rounds) expect((await lostIn(round)).length).toBeGreaterThan(0);
  expect(rounds[1]?.calls.filter((call) => call.endsWith('-wal'))).toEqual([]);
});
