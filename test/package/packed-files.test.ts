import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from './entries.ts';

test('sessions that somebody kept among the sources are not packed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-packed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = ['sessions.db', 'sessions.db-wal', 'sessions.db-shm', 'owner.db', 'owner.json'];
  const kept = ['src', 'src/cli', 'dist/src', 'machines'].flatMap((where) =>
    store.map((name) => join(where, name)),
  );
  for (const path of ['src/index.ts', 'dist/src/index.js', 'machines/index.ts', ...kept]) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
  const { name, version, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, files }));
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files: listed }]: [{ files: { path: string }[] }] = JSON.parse(packed);
  expect(listed.map(({ path }) => path).sort()).toEqual([
    'dist/src/index.js',
    'machines/index.ts',
    'package.json',
    'src/index.ts',
  ]);
});
