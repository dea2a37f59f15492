import type { MachineProblem } from './machine-problem.ts';
import type { CheckMachineOptions } from './options.ts';
import type { Subject } from './subject.ts';

/** States that no run was in so far, without those that are known to be unreachable. */
export const missedStates = ({ chart, reached, options }: Subject): string[] => {
  const { unreachable = [] } = options;
  const states = chart?.states ?? [];
  return states.filter(
    (state) =>
      !reached.has(state) &&
      chart?.begins.has(state) !== true &&
      !unreachable.some((known) => isWithin(state, known)),
  );
};

/** Event types of `events` that no run took a transition for so far. */
export const missedEvents = ({ chart, options, taken }: Subject): string[] =>
  chart === null ? [] : Object.keys(options.events ?? {}).filter((type) => !taken.has(type));

/** What is to be known of the runs. */
interface Runs {
  readonly runs: number;
  readonly steps: number;
  /** What still ran when a run was at its end, in words. */
  readonly heldWork: ReadonlySet<string>;
}

/** What is wrong with a machine that no single run shows, after these runs. */
export const problemsOfTheWhole = (
  subject: Subject,
  options: CheckMachineOptions,
  runs: Runs,
): readonly MachineProblem[] =>
  [
    neverReached(subject, runs),
    neverHandled(subject),
    noStep(subject, runs),
    unnamedDelay(subject, options),
  ].filter((problem) => problem !== null);

const neverReached = (subject: Subject, { runs, heldWork }: Runs): MachineProblem | null => {
  const missed = missedStates(subject);
  if (missed.length === 0) return null;
  const advice =
    heldWork.size === 0
      ? 'If they only need more runs or longer ones, raise `runs` or `maxSteps`; if'
      : `${waitsForReal(heldWork)} If`;
  const sentence =
    `No state may be out of reach, but ${runs} runs were never in: ${missed.join(', ')}.${unsent(subject)} ${advice} ` +
    'no run can be there, say so in `unreachable`.';
  return { kind: 'never-reached', sentence };
};

const neverHandled = (subject: Subject): MachineProblem | null => {
  const ignored = missedEvents(subject);
  if (ignored.length === 0) return null;
  const sentence =
    'Every event must be good for something, but no state that was reached handles it, or no guard ever let it ' +
    `through: ${ignored.join(', ')}. If a guard could, give the event a payload it says yes to.`;
  return { kind: 'never-handled', sentence };
};

/** A machine without a step that waits for nothing is done, or at a dead end, which is another matter. */
const noStep = (subject: Subject, { runs, steps, heldWork }: Runs): MachineProblem | null => {
  if (steps > 0 || heldWork.size === 0) return null;
  const sentence = `Nothing was checked: none of ${runs} runs could make a step.${unsent(subject)} ${waitsForReal(heldWork)}`;
  return { kind: 'no-step', sentence };
};

const unnamedDelay = (
  { chart }: Subject,
  { allowUnnamedDelays = false }: CheckMachineOptions,
): MachineProblem | null => {
  if (allowUnnamedDelays || chart === null || chart.unnamedDelays.length === 0) return null;
  const sentence =
    `Delays should have a name, so that tests can change them and inspectors show them: ` +
    `${chart.unnamedDelays.join(', ')}. Name them under \`delays\`, or say \`allowUnnamedDelays: true\`.`;
  return { kind: 'unnamed-delay', sentence };
};

/** Which events there are beside those it is sent, as a sentence after another; empty: none. */
export const unsent = ({ chart, options: { events = {} } }: Subject): string => {
  const notSent = chart?.notIn(events) ?? [];
  return notSent.length === 0
    ? ''
    : ` Events it knows are not in \`events\`: ${notSent.join(', ')}.`;
};

/** So many of what still runs are named. */
const NAMED = 3;

const waitsForReal = (heldWork: ReadonlySet<string>): string =>
  `At the end of a run ${[...heldWork].slice(0, NAMED).join(', ')}, and real time is not waited for: give it an actor ` +
  'that answers at once (`machine.provide({ actors })`), or one on the virtual clock (`checkMachine((clock) => …)`).';

/** What lies in a state that cannot be reached cannot be reached either. */
const isWithin = (state: string, parent: string): boolean =>
  state === parent || state.startsWith(`${parent}.`);
