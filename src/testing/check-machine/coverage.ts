import type { MachineProblem } from './machine-problem.ts';
import type { CheckMachineOptions } from './options.ts';
import type { Subject } from './subject.ts';

/** States that no run was in so far, without those that are known to be unreachable. */
export const missedStates = ({ chart, reached, options }: Subject): string[] => {
  const { unreachable = [] } = options;
  const states = chart?.states ?? [];
  return states.filter(
    (state) => !reached.has(state) && !unreachable.some((known) => isWithin(state, known)),
  );
};

/** Event types of `events` that no run took a transition for so far. */
export const missedEvents = ({ chart, options, taken }: Subject): string[] =>
  chart === null ? [] : Object.keys(options.events ?? {}).filter((type) => !taken.has(type));

/** What is wrong with a machine that no single run shows, after these many runs. */
export const problemsOfTheWhole = (
  subject: Subject,
  options: CheckMachineOptions,
  runs: number,
): MachineProblem[] => {
  const { chart } = subject;
  if (chart === null) return [];
  const { events = {}, allowUnnamedDelays = false } = options;
  const problems: MachineProblem[] = [];
  const missed = missedStates(subject);
  if (missed.length > 0) {
    const notSent = chart.events.filter((type) => !Object.hasOwn(events, type));
    const unsent =
      notSent.length === 0 ? '' : ` Events it knows are not in \`events\`: ${notSent.join(', ')}.`;
    const sentence =
      `No state may be out of reach, but ${runs} runs were never in: ${missed.join(', ')}.${unsent} If they only need ` +
      'more runs or longer ones, raise `runs` or `maxSteps`; if no run can be there, say so in `unreachable`.';
    problems.push({ kind: 'never-reached', sentence });
  }
  const ignored = missedEvents(subject);
  if (ignored.length > 0) {
    const sentence =
      'Every event must be good for something, but no state that was reached handles it, or no guard ever let it ' +
      `through: ${ignored.join(', ')}. If a guard could, give the event a payload it says yes to.`;
    problems.push({ kind: 'never-handled', sentence });
  }
  if (!allowUnnamedDelays && chart.unnamedDelays.length > 0) {
    const sentence =
      `Delays should have a name, so that tests can change them and inspectors show them: ` +
      `${chart.unnamedDelays.join(', ')}. Name them under \`delays\`, or say \`allowUnnamedDelays: true\`.`;
    problems.push({ kind: 'unnamed-delay', sentence });
  }
  return problems;
};

/** What lies in a state that cannot be reached cannot be reached either. */
const isWithin = (state: string, parent: string): boolean =>
  state === parent || state.startsWith(`${parent}.`);
