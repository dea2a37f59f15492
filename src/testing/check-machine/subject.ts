import type { AnyActorLogic, EventObject } from 'xstate';
import { InvalidOptionError } from '../../errors.ts';
import { createVirtualClock, type VirtualClock } from '../../time/virtual-clock.ts';
import { type Chart, chartOf } from './chart.ts';
import type { RunOptions } from './options.ts';

/** A machine, or what makes one on a clock: for actors of it that wait for something themselves. */
export type MachineSource<Logic extends AnyActorLogic> = Logic | ((clock: VirtualClock) => Logic);

/** The machine under check, and all that is the same in every run of it. */
export interface Subject {
  /** For the reader: the id of the machine. */
  readonly name: string;
  readonly source: MachineSource<AnyActorLogic>;
  /** `null` for a logic that is no machine. */
  readonly chart: Chart | null;
  readonly options: RunOptions;
  /** Events a dead end is tried with; `null`: dead ends are not looked for, as nobody said which events there are. */
  readonly probes: readonly EventObject[] | null;
  /** States some run was in. */
  readonly reached: Set<string>;
  /** Event types some run took a transition for. */
  readonly taken: Set<string>;
}

/** The machine for a run on this clock. Throws `InvalidOptionError` for what is none. */
export const machineOn = (
  source: MachineSource<AnyActorLogic>,
  clock: VirtualClock,
): AnyActorLogic => {
  const logic: unknown = typeof source === 'function' ? source(clock) : source;
  if (isLogic(logic)) return logic;
  throw new InvalidOptionError('machine', logic, 'an XState logic, or a function that makes one');
};

const isLogic = (logic: unknown): logic is AnyActorLogic =>
  ['transition', 'getInitialSnapshot', 'getPersistedSnapshot'].every(
    (method) => typeof Reflect.get(Object(logic), method) === 'function',
  );

/** The machine under check, with its options checked. Throws `InvalidOptionError`. */
export const subjectOf = (
  source: MachineSource<AnyActorLogic>,
  options: RunOptions,
  probes: Subject['probes'],
): Subject => {
  const chart = chartOf(machineOn(source, createVirtualClock()));
  for (const option of ['deadEnds', 'unreachable'] as const) {
    chart?.assertStates(option, options[option] ?? []);
  }
  const name = chart?.id ?? 'behaviour';
  return { name, source, chart, options, probes, reached: new Set(), taken: new Set() };
};
