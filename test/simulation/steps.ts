import type { SessionLifecycleEvent } from '../../src/index.ts';
import { HoldfastError } from '../../src/index.ts';
import type { SimProcess } from './process.ts';
import type { Slot } from './slot.ts';
import type { Written } from './truth.ts';
import type { World } from './world.ts';

/*
 * Which steps of residency and recovery were met: read off what is told, written and answered, before it is noted. Only
 * for the coverage: nothing is judged here.
 */

const isOver = (state: string | undefined): boolean =>
  state === 'terminating' || state === 'terminated';

export const stepsOfEvent = (
  world: World,
  slot: Slot,
  event: SessionLifecycleEvent,
  process: SimProcess,
): void => {
  const { coverage } = world;
  if (event.type === 'session.woken') {
    if (slot.pending > 1) coverage.met('wake joined by another');
    if (slot.pending === 0) coverage.met('woken for a delay');
  }
  if (event.type === 'session.hibernated' && process.context.reserved.size > 0) {
    coverage.met('put away to make room');
  }
};

export const stepsOfWrite = (world: World, slot: Slot, written: Written): void => {
  const { coverage } = world;
  const { before, after, what } = written;
  if (what === 'survived') coverage.met('a write survived a crash unacknowledged');
  if (before === null || after === null) return;
  const [was, is] = [before.record, after.record];
  const { reason } = is.session;
  const cancels = was.session.putAway !== undefined && is.session.putAway === undefined;
  if (cancels && what === 'commit' && slot.lastWrote === 'commit') {
    coverage.met('hibernation cancelled');
  }
  if (reason !== null && was.session.reason === null) {
    slot.endingIn = world.processes;
    if (slot.actor === null && what === 'commit') {
      coverage.met('ended without a wake');
      const byDeadline = reason !== 'client' && reason !== 'operator';
      if (slot.pending === 0) coverage.met('ended by the sweep');
      else if (byDeadline) coverage.met('wake ended by a deadline');
    }
    if (was.state === 'initializing' && slot.crashedSince >= slot.bornAt) {
      coverage.met('creation finished after a crash');
    }
  }
  const finished = is.state === 'terminated' && isOver(was.state) && was.state !== 'terminated';
  if (finished && slot.endingIn !== world.processes) coverage.met('end finished after a crash');
};

export const stepsOfRefusal = (world: World, slot: Slot | null, error: unknown): void => {
  if (slot === null || !(error instanceof HoldfastError)) return;
  if (error.code === 'ERR_HOLDFAST_CAPACITY') {
    world.coverage.met('wake refused for want of room');
  }
  if (error.code === 'ERR_HOLDFAST_DRAINING' && slot.residency === 'stored') {
    world.coverage.met('wake refused by a drain');
  }
};
