import { PLANTED_FAULTS } from '../../src/planted.ts';
import { type Asked, asked, HELP } from './command-line.ts';
import type { Coverage } from './coverage.ts';
import { findFaults } from './finding.ts';
import { runAlone, runSeeds, type Verdict } from './workers.ts';

/** So many seeds that broke something are enough to look at. */
const MOST_BROKEN = 10;
/** Fewer seeds need not meet everything. */
const ENOUGH_SEEDS = 200;
/** What a shell makes of a command whose reader has gone. */
const CUT_OFF = 141;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};

const replay = (seed: number, fault: string | null): string =>
  `npm run simulate -- --seed ${seed}${fault === null ? '' : ` --fault ${fault}`}`;

const tell = ({ seed, broken, trace }: Verdict, fault: string | null): void => {
  if (broken === null) return;
  progress('');
  say(`\nSeed ${seed}: NOT TRUE: ${broken.sentence}`);
  say(`  ${broken.detail}`);
  say(`  again with: ${replay(seed, fault)}`);
  say(trace.map((line) => `  | ${line}`).join('\n'));
};

/** One seed, with its whole trace. */
const one = async ({ from, fault, json }: Asked, signal: AbortSignal): Promise<number> => {
  const verdict = await runAlone(from, { fault, traced: true, signal });
  if (verdict === null) {
    if (!json) say('Interrupted.');
    return 130;
  }
  const { broken, violated, trace, digest, actions } = verdict;
  if (json) say(JSON.stringify({ seed: from, broken, violated, digest, actions, trace }));
  else {
    say(trace.join('\n'));
    say(`${actions} actions, digest ${digest}`);
    if (broken !== null) say(`NOT TRUE: ${broken.sentence}\n  ${broken.detail}`);
  }
  return broken === null ? 0 : 1;
};

const many = async (plan: Asked, signal: AbortSignal): Promise<number> => {
  const { from, seeds, jobs, fault, json } = plan;
  const broken: Verdict[] = [];
  let done = 0;
  let actions = 0;
  const coverage = await runSeeds({
    from,
    seeds,
    jobs,
    fault,
    signal,
    onVerdict: (verdict) => {
      done += 1;
      actions += verdict.actions;
      if (verdict.broken !== null) {
        broken.push(verdict);
        if (!json) tell(verdict, fault);
      }
      progress(`${done} of ${seeds} seeds, ${broken.length} broke something`);
      return broken.length < MOST_BROKEN;
    },
  });
  progress('');
  const missing = done >= ENOUGH_SEEDS && broken.length === 0 ? coverage.missing : [];
  if (json) {
    const counts = Object.fromEntries([...coverage.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
    say(JSON.stringify({ from, seeds: done, actions, broken, missing, coverage: counts }));
  } else {
    const cut = signal.aborted ? ` Interrupted: ${seeds - done} seeds were not run.` : '';
    say(`${done} seeds, ${actions} actions: ${broken.length} broke something.${cut}`);
    tellCoverage(coverage, missing);
  }
  if (signal.aborted) return 130;
  return broken.length > 0 || missing.length > 0 ? 1 : 0;
};

const tellCoverage = (coverage: Coverage, missing: readonly string[]): void => {
  for (const line of coverage.report()) say(line);
  for (const what of missing) say(`never met: ${what}`);
};

const faults = async (plan: Asked, signal: AbortSignal): Promise<number> => {
  const findings = await findFaults({ ...plan, signal }, ({ fault, seed, tried, invariant }) => {
    if (plan.json) return;
    const found = seed === null ? `NOT FOUND in ${tried} seeds` : `seed ${seed} (${tried}. tried)`;
    say(`${fault.padEnd(30)} ${found.padEnd(28)} ${invariant ?? ''}`);
  });
  const lost = findings.filter(({ seed }) => seed === null).length;
  if (plan.json) say(JSON.stringify({ findings }));
  else say(`${findings.length - lost} of ${PLANTED_FAULTS.length} faults found.`);
  if (signal.aborted && !plan.json) say('Interrupted: not all of them were tried.');
  if (signal.aborted) return 130;
  return lost === 0 ? 0 : 1;
};

const main = async (args: readonly string[]): Promise<number> => {
  let plan: Asked;
  try {
    plan = asked(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  if (plan.what === 'help') {
    say(HELP);
    return 0;
  }
  if (plan.what === 'seed') return one(plan, interrupted.signal);
  return plan.what === 'faults' ? faults(plan, interrupted.signal) : many(plan, interrupted.signal);
};

// Whoever reads it may have seen enough: `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(CUT_OFF);
});

process.exitCode = await main(process.argv.slice(2));
