// What every client goes through, and what it did at each step, by what the server printed and was asked.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.mjs';
import { NOTES, notesOf } from './notes.mjs';
import { Server } from './server.mjs';

/** How long each thing may take that a client or the server does in its own time, ms. */
const PATIENCE = {
  stream: 2_000,
  putAway: 4_000,
  pings: 8_000,
  again: 4_000,
  leave: 1_000,
  end: 25_000,
};

/**
 * A session is over soon, so that its end is seen, and its stream is asked for a sign of life within a third of that. What a handle opens
 * has the server's own deadline: nobody promises a model a few seconds.
 */
const SETTINGS = { session: { HOLDFAST_IDLE_TIMEOUT: '15s' }, handle: {} };

/** How long what the server said takes to be heard here, at most, where nothing tells that it is all, ms. */
const HEARD_MS = 200;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What somebody said, in the words of a table's cell. */
const quoted = (text) => {
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '/').trim();
  return `“${line.length > 100 ? `${line.slice(0, 99)}…` : line}”`;
};

/** One client's way. */
class Course {
  /** The cells of its row, by step. */
  did = {};
  #server;
  #client;
  #notes;
  #tell;
  /** How long there is no server. */
  #downMs;
  /** The session its notes are in: of its protocol, or of its handle. */
  #session = null;

  constructor(server, client, { keeps }, { tell, downMs }) {
    this.#server = server;
    this.#client = client;
    this.#notes = notesOf(keeps, async (tool, input) => {
      const answer = await client.ask('call', { tool, input });
      // The client answers here, the server there: what it had to say of this call is heard first.
      await wait(HEARD_MS);
      return answer;
    });
    this.#tell = tell;
    this.#downMs = downMs;
  }

  async run() {
    if (!(await this.#open())) return;
    await Promise.all([this.#rest(), this.#downMs > 0 ? null : this.#server.prepare()]);
    await this.#callAfterRest();
    await this.#crash();
    await this.#callAfterCrash();
    await this.#leave();
  }

  /** Opens, and calls for the first time. False: there is nothing to go on with. */
  async #open() {
    const heard = this.#server.log.mark();
    const { error: refused } = await this.#client.ask('open', { url: this.#server.url });
    if (refused !== undefined) return this.#note('open', quoted(refused), false);
    const { error: shut } = await this.#notes.begin();
    const { error } = shut === undefined ? await this.#notes.add(NOTES.before) : { error: shut };
    // The handle's, or the one the call named: a client may open others beside it.
    this.#session = this.#notes.handle ?? heard().last('session');
    await this.#server.log.until(
      () => this.#streams > 0,
      this.#notes.handle === null ? PATIENCE.stream : 0,
    );
    this.#note('open', this.#opened(heard()));
    return this.#note('call', error === undefined ? 'ok' : quoted(error), error === undefined);
  }

  /** What it speaks, and what it opens beside its calls. */
  #opened(heard) {
    const streams = heard.asked('GET').filter(({ session }) => session !== null).length;
    const listens = heard.asked('POST').some((post) => post.mcpMethod === 'subscriptions/listen');
    const others = heard.events('session.created').filter(({ id }) => id !== this.#session).length;
    return [
      heard.last('version'),
      this.#streams > 0 ? 'GET' : streams > 0 ? 'GET, until it leaves' : 'no GET',
      ...(listens ? ['listens'] : []),
      ...(others > 0 ? [`${others} more session`] : []),
    ].join(', ');
  }

  /** Is quiet, until its session is put away, and for some time longer if it holds a stream. */
  async #rest() {
    const { log } = this.#server;
    const heard = log.mark();
    const away = await log.until(
      () => this.#events('session.hibernated').length > this.#events('session.woken').length,
      PATIENCE.putAway,
    );
    const stream = () =>
      this.#streams === 0 ? '' : this.#attached ? ', GET open' : ', GET open, not attached';
    if (!away) return this.#note('rest', `in memory${stream()}`);
    if (stream() === '') return this.#note('rest', 'put away');
    const before = heard().taken(this.#session);
    const pong = await log.until(() => heard().taken(this.#session) > before, PATIENCE.pings);
    const still = heard().events('session.woken', this.#session).length === 0;
    this.#note(
      'rest',
      `put away${stream()}${pong ? ', answers pings' : ''}${still ? '' : ', woken by something'}`,
    );
  }

  async #callAfterRest() {
    const heard = this.#server.log.mark();
    const { error } = await this.#notes.add(NOTES.after);
    if (error !== undefined) return this.#note('afterRest', quoted(error));
    this.#note('afterRest', `ok, ${this.#how(heard())}`);
  }

  /** The server dies and is replaced, while the client is connected. */
  async #crash() {
    const had = this.#streams > 0;
    await this.#server.replace(this.#downMs);
    if (!had) return this.#note('crash', '–');
    const again = await this.#server.log.until(() => this.#streams > 0, PATIENCE.again);
    this.#note('crash', again ? 'GET again' : 'no GET any more');
  }

  async #callAfterCrash() {
    const { said, error } = await this.#notes.list();
    if (error !== undefined) return this.#note('afterCrash', quoted(error));
    const all = Object.values(NOTES).every((text) => said.includes(text));
    const how = this.#how(this.#server.now);
    this.#note('afterCrash', `ok, ${all ? 'both notes' : 'no notes'}, ${how}`);
  }

  /** Closes as its documentation says, and what becomes of the session then. */
  async #leave() {
    const heard = this.#server.log.mark();
    const session = this.#session;
    const { error: open } = await this.#notes.finish();
    const { error } = await this.#client.ask('close');
    await wait(PATIENCE.leave);
    const deleted = heard().asked('DELETE').length > 0 ? 'DELETE' : 'no DELETE';
    const how = this.#notes.handle === null ? deleted : 'closes the handle';
    const problem = open ?? error;
    this.#note('close', problem === undefined ? how : quoted(problem));
    await this.#client.end();
    const ended = () => this.#server.now.events('session.ended', session)[0];
    await this.#server.log.until(() => ended() !== undefined, PATIENCE.end);
    this.#note('end', ended()?.reason ?? 'it stays');
  }

  /** In which session a call was: the one before, or another. Goes on with that. */
  #how(heard) {
    const named = this.#notes.handle ?? heard.last('session');
    const same = named === this.#session;
    this.#session = named;
    if (!same) return 'a new session';
    const woken = heard.events('session.woken', named).at(-1);
    return `same session, ${woken === undefined ? 'was in memory' : 'woken'}`;
  }

  /** Of its session, in the server's log of now. */
  #events(type) {
    return this.#server.now.events(type, this.#session);
  }

  /** Whether somebody is there, as the server says. */
  get #attached() {
    const changes = [...this.#events('session.attached'), ...this.#events('session.detached')];
    return changes.sort((a, b) => a.seq - b.seq).at(-1)?.presences > 0;
  }

  get #streams() {
    return this.#server.now.openStreams(this.#session);
  }

  #note(step, words, goesOn = true) {
    this.did[step] = words;
    this.#tell(step, words);
    return goesOn;
  }
}

/**
 * Runs one client through it, over a folder of its own. `tell(step, words)` hears of each step; `dist`: what is served, built; `downMs`: for
 * how long there is no server, 0: no longer than it takes another to notice. Resolves with what it did, and the log of its server.
 */
export const runCourse = async (about, { tell, dist, downMs }) => {
  const folder = mkdtempSync(join(tmpdir(), `holdfast-${about.name}-`));
  const server = new Server(join(folder, 'data'), SETTINGS[about.keeps], dist);
  const client = new Client(about, folder);
  const course = new Course(server, client, about, { tell, downMs });
  try {
    await server.start();
    await course.run();
  } catch (error) {
    tell('broke off', error.message);
    course.did.end ??= 'broke off';
  } finally {
    for (const error of client.loose) tell('uncaught', error);
    await client.end();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  return { did: course.did, log: server.log };
};
