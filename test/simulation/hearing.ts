import type { InspectionEvent } from 'xstate';
import type { EndReason, LifecycleEvent, SessionState } from '../../src/index.ts';
import type { SimProcess } from './process.ts';
import { type Job, type Move, newJob, Slot } from './slot.ts';
import { stepsOfEvent, stepsOfWrite } from './steps.ts';
import { numberOf, type Written } from './truth.ts';
import type { World } from './world.ts';

/*
 * What the world sees of a process and of the disk: each is put into the trace, held against what must be true, and then
 * noted.
 */

/** The session's snapshot, as XState's inspection shows it. */
interface SeenSnapshot {
  readonly status: string;
  readonly value: SessionState;
  readonly context?: { readonly id?: string; readonly reason?: EndReason | null };
}

/** A callback of the application was called. */
export const heardOf = (
  world: World,
  process: SimProcess,
  id: string,
  where: string,
): Slot | undefined => {
  if (!process.alive) return undefined;
  const slot = world.slotOf(id);
  world.trace.saw(`${slot === undefined ? id : `#${slot.index}`} ${where}`);
  if (slot === undefined) world.violated('known', `${where} of a session without a record`);
  else world.check('callback', { slot, where, process });
  return slot;
};

/** The handler of a durable operation was called. */
export const handlerCalled = (
  world: World,
  process: SimProcess,
  id: string,
  operation: string,
): Job | undefined => {
  const slot = heardOf(world, process, id, `handler of ${operation}`);
  const undertaking = slot?.undertakings.get(operation);
  if (slot === undefined || undertaking === undefined) return undefined;
  undertaking.calls += 1;
  if (undertaking.calls > 1) world.coverage.met('operation done again');
  world.check('handler', { slot, operation });
  const asked = slot.jobs.find((one) => one.id === operation && !one.over);
  const job = asked ?? newJob(operation, process.number);
  if (asked === undefined) slot.jobs.push(job);
  job.started = true;
  return job;
};

/** An operation was found unfinished. */
export const wasInterrupted = (
  world: World,
  process: SimProcess,
  id: string,
  operation: string,
): Slot | undefined => {
  const slot = heardOf(world, process, id, `interrupted ${operation}`);
  world.coverage.met('operation found interrupted');
  return slot;
};

/** A behaviour takes an event. */
export const behaviourTook = (world: World, process: SimProcess, n: number, what: string): void => {
  if (!process.alive) return;
  const slot = world.slotNumbered(n);
  if (slot !== undefined)
    world.check('callback', { slot, where: `its behaviour: ${what}`, process });
};

/** An actor has taken an event. */
export const moved = (
  world: World,
  process: SimProcess,
  event: InspectionEvent & { type: '@xstate.snapshot' },
): void => {
  const seen = event.snapshot as unknown as SeenSnapshot; // Typed as any logic's; whose it is shows in the context.
  const id = seen.context?.id;
  if (id === undefined) return;
  const slot = world.slotOf(id);
  const { type } = event.event;
  const to = seen.value;
  // An actor is there before its record.
  const from = type === 'xstate.init' ? null : (process.actors.get(id) ?? null);
  if (seen.status === 'stopped') process.actors.delete(id);
  else process.actors.set(id, to);
  if (slot !== undefined && seen.status === 'stopped') slot.actor = null;
  if (type !== 'xstate.init' && from !== null) world.coverage.pair(from, type);
  if (slot === undefined || seen.status === 'stopped' || from === to) return;
  const reason = seen.context?.reason ?? null;
  world.limits.look(world.truth, process);
  world.truth.order += 1;
  const move: Move = { from, to, reason, order: world.truth.order };
  world.trace.saw(`#${slot.index} ${from ?? '-'} > ${to}${reason === null ? '' : ` (${reason})`}`);
  world.check('moved', { slot, move, process });
  slot.actor = to;
  slot.reason = reason;
  slot.actorOf = process.number;
  if (to === 'paused' && from !== null) {
    slot.pauses += 1;
    slot.pausedWall = process.context.clock.wall();
  }
  if (to === 'active' && from === 'paused') slot.resumes += 1;
  if (from === null) return;
  if (to === 'paused' || to === 'terminating' || from === 'paused') slot.unshown.push(move);
};

/** The session plane tells something. */
export const told = (world: World, process: SimProcess, event: LifecycleEvent): void => {
  if (!('seq' in event)) {
    world.trace.saw(event.type === 'runtime.error' ? `runtime.error ${event.where}` : event.type);
    world.coverage.met(event.type === 'runtime.time-gap' ? `gap: ${event.kind}` : event.type);
    if (event.type === 'runtime.error')
      world.check('error', { where: event.where, error: event.error });
    return;
  }
  world.limits.look(world.truth, process);
  const slot = world.slotOf(event.id);
  world.trace.saw(`#${slot?.index ?? event.id} ${event.type} ${event.seq}${detailOf(event)}`);
  world.coverage.met(event.type === 'session.woken' ? `woken from ${event.from}` : event.type);
  if (slot === undefined) {
    world.violated('known', `${event.type} is told of a session without a record`);
    return;
  }
  stepsOfEvent(world, slot, event, process);
  world.check('told', { slot, event, process });
  slot.hear(event, world.clock.mono());
};

/** A write is durable. */
export const wrote = (world: World, written: Written): void => {
  const { before, after, what } = written;
  const record = (after ?? before)?.record;
  if (record === undefined) return;
  const slot = world.slotOf((before ?? after)?.record.id ?? '') ?? born(world, written);
  if (slot === undefined) return;
  world.limits.look(world.truth, world.process);
  const { state, due, owner } = record;
  const shown =
    after === null
      ? 'gone'
      : `${state} due ${due?.deadline ?? '-'} ${owner === null ? '' : 'held'}`;
  world.trace.saw(`  disk: #${slot.index} ${what} ${shown}`);
  stepsOfWrite(world, slot, written);
  world.check('wrote', { slot, written });
  slot.keep(after);
  slot.lastWrote = what;
  if (after === null) return;
  slot.lastBegan = Math.max(slot.lastBegan, written.began);
  if (state === 'terminated') slot.buriedAt ??= world.wall();
  world.named(slot, record.id);
};

const born = (world: World, { after, what }: Written): Slot | undefined => {
  if (after === null) return undefined;
  const n = numberOf(after.record);
  const known = world.slotNumbered(n);
  if (known !== undefined) return known;
  const ask = world.asks.get(n);
  if (ask === undefined) throw new Error(`nobody asked for the session ${n}`);
  const slot = new Slot(
    world.slots.length,
    ask,
    after,
    world.clock.mono(),
    Math.min(world.askedWall.get(n) ?? 0, world.clock.wall()),
  );
  slot.actor = world.process?.actors.get(after.record.id) ?? null;
  slot.actorOf = world.processes;
  // Whoever asked for it, and may have been refused it, was cut off.
  if (what === 'survived') slot.wasCutOff(world.clock.mono(), null);
  world.born(slot);
  return slot;
};

const detailOf = (event: LifecycleEvent): string => {
  if (event.type === 'session.state-changed') return ` ${event.from} > ${event.to}`;
  if (event.type === 'session.ended') return ` ${event.reason}`;
  if (event.type === 'session.woken') return ` from ${event.from}`;
  if (event.type === 'session.emitted') return ` ${JSON.stringify(event.event)}`;
  return '';
};
