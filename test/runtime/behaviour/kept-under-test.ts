import type { BehaviourSpec, LifecycleEvent } from '../../../src/index.ts';
import { type Supervised, supervise } from '../../../src/runtime/behaviour/supervision.ts';
import type { SessionHost } from '../../../src/runtime/host.ts';
import type { RuntimeContext } from '../../../src/runtime/runtime-context.ts';
import type { Envelope } from '../../../src/store/envelope/envelope.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/time/virtual-clock.ts';
import { openRuntime } from '../fixture.ts';

/** One process with one session, and what supervises its behaviour. */
export interface Process {
  readonly clock: VirtualClock;
  readonly context: RuntimeContext;
  readonly host: SessionHost;
  readonly events: readonly LifecycleEvent[];
  readonly supervised: Supervised;
}

const behaving = async (spec: BehaviourSpec, clock: VirtualClock, behaviour?: string) => {
  const { context, runtime, events } = openRuntime({
    clock,
    behaviours: { it: spec },
    deadlines: { idleAfterMs: 'off', idleTimeoutMs: 'off', maxLifetimeMs: 'off' },
  });
  const session = await runtime.create(
    behaviour === undefined ? {} : { behaviour, input: 'given' },
  );
  const host = context.hosts.get(session.id);
  if (host === undefined) throw new Error('the session is not there');
  return { clock, context, host, events };
};

/** A process whose session has started its behaviour. */
export const started = async (
  spec: BehaviourSpec,
  clock = createVirtualClock(),
): Promise<Process> => {
  const parts = await behaving(spec, clock, 'it');
  const supervised = parts.host.behaviour;
  if (supervised === null) throw new Error('the session has no behaviour');
  return { ...parts, supervised };
};

/** Another process, so much later on the wall, with one of the same that has not been started or resumed yet. */
export const elsewhere = async (
  spec: BehaviourSpec,
  { clock }: Process,
  laterMs = 0,
): Promise<Process> => {
  const there = createVirtualClock({ wall: clock.wall() + laterMs - 7_777 });
  await there.advance(7_777);
  const parts = await behaving(spec, there);
  const supervised = supervise(parts.context, parts.host, 'it', null);
  if (supervised === null) throw new Error('there is no such behaviour');
  parts.host.behaviour = supervised;
  return { ...parts, supervised };
};

/** What is stored of it now, through JSON. */
export const keptOf = ({ supervised }: Process): Envelope =>
  JSON.parse(JSON.stringify(supervised.keep(supervised.checkpoint())));

/** It goes on in another process. */
export const moved = async (
  spec: BehaviourSpec,
  from: Process,
  laterMs = 0,
  kept = keptOf(from),
): Promise<Process> => {
  const next = await elsewhere(spec, from, laterMs);
  next.supervised.resume(kept, 'crash');
  return next;
};

/** It is put away, as after a commit, and goes on in the same process. */
export const hibernated = async (process: Process, forMs = 0): Promise<void> => {
  const { supervised, clock } = process;
  supervised.committed(supervised.checkpoint());
  const kept = keptOf(process);
  supervised.putAway();
  await clock.advance(forMs);
  supervised.resume(kept, 'hibernation');
};
