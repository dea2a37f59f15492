import { type Asked, asked, HELP } from './command-line.ts';
import type { Coverage } from './coverage.ts';
import { faultsOf, findFaults } from './finding.ts';
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

const replay = ({ seed, store }: Verdict, fault: string | null): string =>
  `npm run simulate -- --seed ${seed} --store ${store}${fault === null ? '' : ` --fault ${fault}`}`;

const tell = (verdict: Verdict, fault: string | null): void => {
  const { seed, store, broken, trace } = verdict;
  if (broken === null) return;
  progress('');
  say(`\nSeed ${seed}, ${store}: NOT TRUE: ${broken.sentence}`);
  say(`  ${broken.detail}`);
  say(`  again with: ${replay(verdict, fault)}`);
  say(trace.map((line) => `  | ${line}`).join('\n'));
};

/** One seed, with its whole trace over each store. */
const one = async ({ from, stores, fault, json }: Asked, signal: AbortSignal): Promise<number> => {
  let code = 0;
  for (const store of stores) {
    const verdict = await runAlone(from, store, { fault, traced: true, signal });
    if (verdict === null) {
      if (!json) say('Interrupted.');
      return 130;
    }
    const { broken, violated, trace, digest, actions } = verdict;
    if (broken !== null) code = 1;
    if (json) {
      say(JSON.stringify({ seed: from, store, broken, violated, digest, actions, trace }));
      continue;
    }
    say(trace.join('\n'));
    say(`${store}: ${actions} actions, digest ${digest}`);
    if (broken !== null) say(`NOT TRUE: ${broken.sentence}\n  ${broken.detail}`);
  }
  return code;
};

const many = async (plan: Asked, signal: AbortSignal): Promise<number> => {
  const { from, seeds, stores, jobs, fault, json } = plan;
  const worlds = seeds * stores.length;
  const broken: Verdict[] = [];
  let done = 0;
  let actions = 0;
  const coverage = await runSeeds({
    from,
    seeds,
    stores,
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
      progress(`${done} of ${worlds} worlds, ${broken.length} broke something`);
      return broken.length < MOST_BROKEN;
    },
  });
  progress('');
  const enough = done >= ENOUGH_SEEDS * stores.length && broken.length === 0;
  const missing = enough ? coverage.missing(stores) : [];
  if (json) {
    const counts = Object.fromEntries([...coverage.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
    say(
      JSON.stringify({
        from,
        seeds,
        stores,
        worlds: done,
        actions,
        broken,
        missing,
        coverage: counts,
      }),
    );
  } else {
    const cut = signal.aborted ? ` Interrupted: ${worlds - done} were not run.` : '';
    const over = `${done} worlds (${seeds} seeds over ${stores.join(' and ')})`;
    say(`${over}, ${actions} actions: ${broken.length} broke something.${cut}`);
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
  const findings = await findFaults(
    { ...plan, signal },
    ({ fault, seed, store, tried, invariant }) => {
      if (plan.json) return;
      const found =
        seed === null ? `NOT FOUND in ${tried} seeds` : `seed ${seed}, ${store} (${tried}. tried)`;
      say(`${fault.padEnd(30)} ${found.padEnd(28)} ${invariant ?? ''}`);
    },
  );
  const lost = findings.filter(({ seed }) => seed === null).length;
  if (plan.json) say(JSON.stringify({ findings }));
  else say(`${findings.length - lost} of ${faultsOf(plan.stores).length} faults found.`);
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
