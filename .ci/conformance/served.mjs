// `holdfast serve --conformance`, as a process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..');
const START_MS = 15_000;
const STOP_MS = 10_000;

/** Starts it on a free port: `{ url, stop }`. Rejects when it tells no address. */
export async function serve() {
  const program = join(root, 'dist', 'src', 'cli', 'main.js');
  const child = spawn(process.execPath, [program, 'serve', '--conformance'], {
    cwd: root,
    env: { ...process.env, HOLDFAST_PORT: '0', HOLDFAST_DATA: ':memory:' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(late);
  };
  try {
    return { url: await addressOf(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function addressOf(child) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the server told no address within ${START_MS} ms`)),
      START_MS,
    );
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended at once, with code ${code}`)));
    // Every line is read, later ones too: a full pipe would stop the server.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(line)?.[0];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    });
  });
}
