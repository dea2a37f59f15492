/**
 * For tests of what is built on Holdfast: a runtime on virtual time and seeded chance, the store's contract, a store that
 * goes wrong, a disk that outlives a crash; and for machines of your own: a check of all that can be wrong with one.
 */

export {
  createVirtualClock,
  type ScheduledAction,
  type VirtualClock,
  type VirtualClockOptions,
} from '../time/virtual-clock.ts';
export { type Arbitraries, arbitraries } from './arbitraries.ts';
export { type FailureOrigin, MachineCheckError } from './check-machine/failure.ts';
export type { MachineProblem, MachineProblemKind } from './check-machine/machine-problem.ts';
export type { CheckMachineOptions, EventPayload, RunOptions } from './check-machine/options.ts';
export { replayMachine } from './check-machine/replay.ts';
export type { MachineStep } from './check-machine/step.ts';
export type { MachineSource } from './check-machine/subject.ts';
export { checkMachine, type MachineCheckReport } from './check-machine.ts';
export {
  type FaultyStore,
  type FaultyStoreOptions,
  faultyStore,
  type StoreFault,
  type StoreMethod,
} from './faulty-store.ts';
export {
  type RuntimeCommand,
  type RuntimeWorld,
  runtimeCommands,
  runtimeWorld,
} from './runtime-commands.ts';
export { type SeededRandomness, seededRandomness } from './seeded-randomness.ts';
export {
  type MachineShape,
  type StateShape,
  shapeOf,
  type TransitionShape,
} from './shape-of.ts';
export {
  createSimulatedDisk,
  type SimulatedDisk,
  type SimulatedDiskOptions,
} from './simulated-disk.ts';
export { type ContractCase, type OpenedStore, storeContract } from './store-contract.ts';
export {
  createTestRuntime,
  type TestRuntime,
  type TestRuntimeOptions,
} from './test-runtime.ts';
