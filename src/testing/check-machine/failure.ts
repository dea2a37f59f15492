import { asCode, isData } from '../as-code.ts';
import type { MachineProblem, MachineProblemKind } from './machine-problem.ts';
import type { RunOptions } from './options.ts';
import type { MachineStep } from './step.ts';
import type { Subject } from './subject.ts';

/** Where a failure came from: what makes the same one come again. */
export interface FailureOrigin {
  readonly seed: number;
  readonly path: string;
}

/**
 * A machine is not sound. The message says all there is to know, and a test to paste; `cause` is what the machine threw,
 * where it did.
 */
export class MachineCheckError extends Error {
  override readonly name = 'MachineCheckError';
  /** What is wrong: one thing that a run came upon, or all that no run came upon and should have. */
  readonly problems: readonly MachineProblem[];
  /** The steps that lead there, as few as were found; `null` where the problem is none of a run. */
  readonly steps: readonly MachineStep[] | null;
  /** Options of `checkMachine` that find it again. `null` from a replay, and where the problem is none of a run. */
  readonly origin: FailureOrigin | null;
  /** A test that shows it, as code; `null` where there are no steps. */
  readonly test: string | null;

  constructor(
    subject: Pick<Subject, 'name' | 'options'>,
    problems: readonly MachineProblem[],
    steps: readonly MachineStep[] | null,
    origin: FailureOrigin | null,
  ) {
    const test = steps === null ? null : testOf(subject, problems, steps);
    const [first] = problems;
    const cause = first instanceof Error ? first.cause : undefined;
    super(messageOf(subject, problems, test, origin), cause === undefined ? {} : { cause });
    this.problems = problems.map(({ kind, sentence }) => ({ kind, sentence }));
    this.steps = steps;
    this.origin = origin;
    this.test = test;
  }
}

const messageOf = (
  { name }: Pick<Subject, 'name'>,
  problems: readonly MachineProblem[],
  test: string | null,
  origin: FailureOrigin | null,
): string => {
  const lines = [`The machine ${asCode(name)} is not sound.`];
  for (const { kind, sentence } of problems) lines.push(`${kind}: ${sentence}`);
  if (origin !== null) lines.push('', `seed: ${origin.seed}, path: ${asCode(origin.path)}`);
  if (test !== null) {
    lines.push('', 'The same as a test:', '', test);
  }
  return lines.join('\n');
};

const testOf = (
  { name, options }: Pick<Subject, 'name' | 'options'>,
  problems: readonly MachineProblem[],
  steps: readonly MachineStep[],
): string => {
  const [problem] = problems;
  const title = asCode(`${name}: ${problem?.kind.replaceAll('-', ' ')}`);
  const list = steps.map((step) => `    ${asCode(step)},\n`).join('');
  const array = list === '' ? '[]' : `[\n${list}  ]`;
  const given = optionsAsCode(options, problem?.kind);
  const names = ['machine: what was checked.'];
  if (given === NAMED) names.push(`${NAMED}: what it was checked with.`);
  return [
    "import { replayMachine } from 'holdfast/testing';",
    `// ${names.join(' ')}`,
    `test(${title}, () =>\n  replayMachine(machine, ${array}${given === null ? '' : `, ${given}`}));`,
  ].join('\n');
};

/** What the options are called where they are not written out. */
const NAMED = 'options';

/** Longer ones are not written out. */
const WRITTEN_OUT = 200;

/** The options without which the steps do not fail in this way: written out where they are data; `null`: none. */
const optionsAsCode = (
  options: RunOptions,
  kind: MachineProblemKind | undefined,
): string | null => {
  const needed: RunOptions = {
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.restore === false ? { restore: false } : {}),
    // A replay looks for dead ends where it is told which events there are, if only that there are none.
    ...(kind === 'dead-end' ? { events: options.events ?? {} } : {}),
    ...(kind === 'invariant' ? { invariant: options.invariant } : {}),
    ...(kind === 'reached-after-all' ? { unreachable: options.unreachable } : {}),
  };
  if (Object.keys(needed).length === 0) return null;
  if (!isData(needed)) return NAMED;
  const code = asCode(needed);
  return code.length > WRITTEN_OUT ? NAMED : code;
};
