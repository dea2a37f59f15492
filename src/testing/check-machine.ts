import type { AnyActorLogic } from 'xstate';
import { problemsOfTheWhole } from './check-machine/coverage.ts';
import { probesOf } from './check-machine/draws.ts';
import { MachineCheckError } from './check-machine/failure.ts';
import { assertOptions, type CheckMachineOptions } from './check-machine/options.ts';
import { Search } from './check-machine/search.ts';
import { type MachineSource, subjectOf } from './check-machine/subject.ts';
import { loadFastCheck } from './load-fast-check.ts';

/** What a check did that found nothing wrong. */
export interface MachineCheckReport {
  readonly seed: number;
  /** At least the option `runs`. */
  readonly runs: number;
  /** Steps of all runs together. */
  readonly steps: number;
  /** How often a run was stored and restored; none where it is always at work. */
  readonly restored: number;
  /** Event types the chart knows that it was never sent, because `events` does not have them. */
  readonly notSent: readonly string[];
}

/**
 * Checks a machine of your own, or any logic a session could run as its behaviour, by running it through events and time
 * that chance proposes, on a virtual clock. With vitest:
 *
 *     import { checkMachine } from 'holdfast/testing';
 *     test('the order machine is sound', () =>
 *       checkMachine(orderMachine, { events: { PAY: { amount: fc.nat() }, CANCEL: {} } }));
 *
 * It looks for everything `MachineProblemKind` names: states no run reaches, events nothing handles, dead ends, errors,
 * timers that are left at the end, delays without a name, machines no run could make a step of, and, as the one thing no test by hand covers, whether the
 * machine goes on the same when it is stored and restored after every step, with its delays. What is found is made as
 * short as it can be and printed with a test to paste.
 *
 * Actors the machine invokes run too. Give it ones that answer at once (`machine.provide({ actors })`), with what they
 * answer decided by their input; or, to wait on the virtual clock, charts with an `after`, or a function of the clock
 * instead of the machine: `checkMachine((clock) => machine.provide(…), …)`. What waits for real time, a socket or a file
 * is not waited for. A machine that reads the clock or draws random numbers itself cannot be replayed.
 *
 * @throws MachineCheckError when the machine is not sound.
 * @throws InvalidOptionError for an option that is not allowed.
 * @throws MissingPackageError where fast-check, an optional peer, is not installed.
 */
export const checkMachine = async <Logic extends AnyActorLogic>(
  machine: MachineSource<Logic>,
  options: CheckMachineOptions<NoInfer<Logic>> = {},
): Promise<MachineCheckReport> => {
  assertOptions(options);
  const given = options as CheckMachineOptions;
  const fc = await loadFastCheck('checkMachine');
  const events = given.events ?? {};
  const subject = subjectOf(machine, given, probesOf(fc, events));
  const search = new Search(fc, subject, given);
  const seed = await search.run();
  // One run that was asked for by its path cannot have been everywhere.
  const problems = given.path === undefined ? problemsOfTheWhole(subject, given, search) : [];
  if (problems.length > 0) throw new MachineCheckError(subject, problems, null, null);
  const notSent = subject.chart?.notIn(events) ?? [];
  return {
    seed,
    runs: search.runs,
    steps: search.steps,
    restored: search.restored,
    notSent,
  };
};
