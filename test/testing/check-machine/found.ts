import { expect } from 'vitest';
import type { AnyActorLogic } from 'xstate';
import {
  type CheckMachineOptions,
  checkMachine,
  MachineCheckError,
  type MachineSource,
  type MachineStep,
  replayMachine,
} from '../../../src/testing/index.ts';

type Options<Logic extends AnyActorLogic> = CheckMachineOptions<NoInfer<Logic>>;

const outcome = async (made: Promise<unknown>): Promise<MachineCheckError | null> => {
  try {
    await made;
    return null;
  } catch (error) {
    if (error instanceof MachineCheckError) return error;
    throw error;
  }
};

/** The failure of a check of this machine, which must be there; it must name a seed and a path that find it again. */
export const found = async <Logic extends AnyActorLogic>(
  machine: MachineSource<Logic>,
  options: Options<Logic>,
): Promise<MachineCheckError> => {
  const error = await outcome(checkMachine(machine, { seed: 1, ...options }));
  if (error === null) throw new Error('The machine was found to be sound.');
  if (error.origin !== null) {
    expect(error.message).toContain(`seed: ${error.origin.seed}, path: '${error.origin.path}'`);
    const again = await outcome(checkMachine(machine, { ...options, ...error.origin }));
    expect(again?.steps).toEqual(error.steps);
  }
  return error;
};

/** As `found`, for a failure of a run: the test it prints must fail alike, and no step of it may be left out. */
export const foundInRun = async <Logic extends AnyActorLogic>(
  machine: MachineSource<Logic>,
  options: Options<Logic>,
): Promise<MachineCheckError & { readonly steps: readonly MachineStep[] }> => {
  const error = await found(machine, options);
  const { test, steps } = error;
  if (test === null || steps === null) throw new Error(`No test was printed:\n${error.message}`);
  expect(error.message).toContain(test);
  const failure = await outcome(pasted(test, machine, namedIn(test, runOptions(options))));
  expect(failure?.problems).toEqual(error.problems);
  for (const at of steps.keys()) {
    const fewer = steps.filter((_, other) => other !== at);
    const failed = await outcome(replayMachine(machine, fewer, runOptions(options)));
    expect(failed?.problems.map(({ kind }) => kind) ?? []).not.toEqual([error.problems[0]?.kind]);
  }
  return Object.assign(error, { steps });
};

/** The options where a printed test says that there are some; without that, whoever pastes it has none. */
const namedIn = (code: string, options: object): object | undefined =>
  code.includes('options: what it was checked with.') ? options : undefined;

const IMPORT = "import { replayMachine } from 'holdfast/testing';\n";

/** Runs a printed test as it would run where it is pasted. */
const pasted = (code: string, machine: unknown, options: unknown): Promise<unknown> => {
  const tests: (() => Promise<unknown>)[] = [];
  const register = (_title: string, run: () => Promise<unknown>): void => void tests.push(run);
  expect(code.startsWith(IMPORT)).toBe(true);
  const body = code.slice(IMPORT.length);
  new Function('test', 'replayMachine', 'machine', 'options', body)(
    register,
    replayMachine,
    machine,
    options,
  );
  expect(tests).toHaveLength(1);
  return Promise.all(tests.map((run) => run()));
};

const runOptions = <Logic extends AnyActorLogic>(options: Options<Logic>): Options<Logic> => {
  const { seed: _seed, path: _path, ...rest } = options;
  return rest;
};
