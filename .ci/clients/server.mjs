// `holdfast serve` over a folder, killed and started again on the same port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Log } from './log.mjs';

const START_MS = 20_000;

const root = join(import.meta.dirname, '..', '..');
const watch = pathToFileURL(join(import.meta.dirname, 'watch.mjs')).href;

/** Quiet soon, and put away at once. */
const SETTINGS = {
  HOLDFAST_IDLE_AFTER: '1s',
  HOLDFAST_HIBERNATE_AFTER: '0ms',
  HOLDFAST_SWEEP_INTERVAL: '1s',
  HOLDFAST_LOG_LEVEL: 'debug',
};

/** Without what the caller has set of ours for itself. */
const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')));

/** Servers that run. */
const children = new Set();

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** One folder, one port, one process after the other. */
export class Server {
  log = new Log();
  /** Of the endpoint: known once started, the same after a restart. */
  url = null;
  #main;
  #settings;
  #child = null;
  #next = null;
  /** Of the one that serves: 1, 2 … */
  #run = 1;

  /** `settings`: more of them, as variables. `dist`: what is served, built. */
  constructor(folder, settings, dist = join(root, 'dist')) {
    this.#main = join(dist, 'src/cli/main.js');
    this.#settings = { ...SETTINGS, ...settings, HOLDFAST_DATA: folder };
  }

  /** Rejects with what the server complains of. */
  async start() {
    this.#child = this.#begin(this.#run);
    await this.#until('serve.listening', this.#run);
    this.url = this.now.events('serve.listening')[0].url;
  }

  /** What the one that serves has printed and was asked. */
  get now() {
    return this.log.run(this.#run);
  }

  /**
   * Starts the one that is to come next: it waits for the folder. Clients give up soon, and a busy machine may take longer to load
   * a program.
   */
  async prepare() {
    this.#next = this.#begin(this.#run + 1);
    await this.#until('serve.waiting', this.#run + 1);
  }

  /** Kills it as the machine would, and has the next one in its place on the same port: the one that waits, or one from scratch. */
  async replace(downMs) {
    await end(this.#child);
    await setTimeout(downMs);
    this.#run += 1;
    [this.#child, this.#next] = [this.#next ?? this.#begin(this.#run), null];
    await this.#until('serve.listening', this.#run);
  }

  /** Nothing of it runs any more when this resolves. */
  async kill() {
    for (const child of [this.#next, this.#child]) if (child !== null) await end(child);
  }

  #begin(run) {
    const { log } = this;
    const port = this.url === null ? '0' : new URL(this.url).port;
    const child = spawn(process.execPath, ['--import', watch, this.#main, 'serve', '--json'], {
      env: { ...environment(), ...this.#settings, HOLDFAST_PORT: port },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('exit', (code) => {
      children.delete(child);
      log.add({ type: 'here.exit', code, run });
    });
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => log.add({ type: 'here.complaint', text, run }));
    for (const source of [child.stdout, child.stdio[3]]) {
      createInterface({ input: source }).on('line', (line) =>
        log.add({ ...JSON.parse(line), run }),
      );
    }
    return child;
  }

  /** Until that one says so. */
  async #until(type, run) {
    const is = (name) => this.log.run(run).events(name).length > 0;
    await this.log.until(() => is(type) || is('here.exit'), START_MS);
    if (is(type)) return;
    const complaints = this.log.run(run).events('here.complaint');
    const text = complaints.map((line) => line.text).join('');
    throw new Error(`no ${type} from the server: ${text.trim()}`);
  }
}

const end = async (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};
