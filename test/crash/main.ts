import { join } from 'node:path';
import { type Asked, asked, HELP, PER_FOLDER } from './command-line.ts';
import { figuresOf, said } from './figures.ts';
import { PRODUCT_VARIABLE } from './product.ts';
import { runWorld, type WorldOutcome } from './world.ts';

/** So many folders that broke something are enough to look at. */
const MOST_BROKEN = 5;
/** What a shell makes of a command whose reader has gone. */
const CUT_OFF = 141;
/** From the compiled file up to the checkout. */
const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};

/** Folder after folder, some at once, until all rounds are done or enough is broken. */
const runAll = async (plan: Asked, signal: AbortSignal): Promise<readonly WorldOutcome[]> => {
  const { rounds, seed, jobs, fault, json } = plan;
  const product = process.env[PRODUCT_VARIABLE] ?? join(ROOT, 'dist');
  const outcomes: WorldOutcome[] = [];
  const folders = Math.ceil(rounds / PER_FOLDER);
  let next = 0;
  let done = 0;
  const isEnough = (): boolean =>
    signal.aborted || outcomes.filter(({ broken }) => broken !== null).length >= MOST_BROKEN;
  const onRound = (): void => {
    done += 1;
    progress(`${done} of ${rounds} processes`);
  };
  const job = async (): Promise<void> => {
    while (next < folders && !isEnough()) {
      const folder = next;
      next += 1;
      const own = Math.min(PER_FOLDER, rounds - folder * PER_FOLDER);
      const outcome = await runWorld({
        seed: seed + folder,
        rounds: own,
        product,
        fault,
        signal,
        onRound,
      });
      outcomes.push(outcome);
      if (outcome.broken === null || json) continue;
      progress('');
      say(said(outcome));
    }
  };
  await Promise.all(Array.from({ length: jobs }, job));
  progress('');
  return outcomes;
};

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

const main = async (args: readonly string[]): Promise<number> => {
  let plan: Asked;
  try {
    plan = asked(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  if (plan.help) {
    say(HELP);
    return 0;
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const figures = figuresOf(await runAll(plan, interrupted.signal));
  const { rounds, acknowledged, checked, broken } = figures;
  if (plan.json) say(JSON.stringify({ seed: plan.seed, ...figures }));
  else {
    say(
      `${rounds} processes, ${acknowledged} acknowledged writes: ${broken.length} broke a promise.`,
    );
    say(`Sessions and messages found again: ${checked}.`);
    say(`Ended while: ${listed(figures.phases)}.`);
    say(`Met: ${listed(figures.did)}.`);
    if (interrupted.signal.aborted) say(`Interrupted: ${plan.rounds - rounds} were not started.`);
  }
  if (interrupted.signal.aborted) return 130;
  return broken.length === 0 ? 0 : 1;
};

// Whoever reads it may have seen enough: `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(CUT_OFF);
});

process.exitCode = await main(process.argv.slice(2));
