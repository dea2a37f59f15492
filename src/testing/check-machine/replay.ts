import type { AnyActorLogic } from 'xstate';
import { loadFastCheck } from '../load-fast-check.ts';
import { probesOf } from './draws.ts';
import { MachineCheckError } from './failure.ts';
import { FoundProblem } from './machine-problem.ts';
import { assertOptions, type RunOptions } from './options.ts';
import { checkedSteps, type MachineStep } from './step.ts';
import { type MachineSource, subjectOf } from './subject.ts';
import { Trial } from './trial.ts';

/**
 * Runs a machine through these steps, on virtual time, and looks at everything `checkMachine` looks at in a run: a failure
 * of that prints the call of this that shows it again. Steps after the machine is done are not made. Dead ends are looked
 * for where `events` are given.
 *
 * @throws MachineCheckError with the first problem; its steps are those made until then.
 * @throws InvalidOptionError for an option or a step that is not allowed.
 * @throws MissingPackageError where `events` are given and fast-check is not installed.
 */
export const replayMachine = async <Logic extends AnyActorLogic>(
  machine: MachineSource<Logic>,
  steps: readonly MachineStep[],
  options: RunOptions<NoInfer<Logic>> = {},
): Promise<void> => {
  assertOptions(options);
  const list = checkedSteps(steps);
  const { events } = options as RunOptions;
  const probes =
    events === undefined ? null : probesOf(await loadFastCheck('replayMachine'), events);
  const subject = subjectOf(machine, options as RunOptions, probes);
  const trial = new Trial(subject);
  try {
    await trial.begin();
    for (const step of list) {
      if (trial.isOver) break;
      await trial.perform(step);
    }
    trial.assertLeadsOn();
  } catch (error) {
    if (!(error instanceof FoundProblem)) throw error;
    throw new MachineCheckError(subject, [error], trial.steps, null);
  } finally {
    trial.end();
  }
};
