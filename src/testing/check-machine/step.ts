import { InvalidOptionError } from '../../errors.ts';
import { maySend } from './options.ts';

/** One step of a run of a machine: an event sent to it, or time that passes (`wait`, ms, at least 0). */
export type MachineStep =
  | { readonly type: string; readonly [field: string]: unknown }
  | { readonly wait: number };

/** Whether a step lets time pass. An event may have a field `wait` too. */
export const isWait = (step: MachineStep): step is { readonly wait: number } => !('type' in step);

/** The steps, if each is one. Throws `InvalidOptionError`. */
export const checkedSteps = (steps: unknown): readonly MachineStep[] => {
  if (!Array.isArray(steps)) throw new InvalidOptionError('steps', steps, 'an array of steps');
  return steps.map((step: unknown, at) => {
    if (isStep(step)) return step;
    const allowed = 'an event with a type of the machine, or { wait: ms }';
    throw new InvalidOptionError(`steps[${at}]`, step, allowed);
  });
};

const isStep = (step: unknown): step is MachineStep => {
  if (typeof step !== 'object' || step === null) return false;
  if ('type' in step) return typeof step.type === 'string' && maySend(step.type);
  const wait = 'wait' in step ? step.wait : null;
  return typeof wait === 'number' && Number.isFinite(wait) && wait >= 0;
};
