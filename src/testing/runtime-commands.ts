import type { Arbitrary, AsyncCommand } from 'fast-check';
import { HoldfastError } from '../errors.ts';
import type { NewMessage } from '../runtime/conversation/conversation.ts';
import type { CreateOptions, Runtime } from '../runtime/runtime.ts';
import type { Session } from '../runtime/session.ts';
import type { VirtualClock } from '../time/virtual-clock.ts';
import { arbitraries } from './arbitraries.ts';
import { asCode } from './as-code.ts';
import type { FastCheck } from './load-fast-check.ts';

/** What the commands drive, and what they found out: model and real system at once, of a run with fast-check. */
export interface RuntimeWorld {
  readonly runtime: Runtime;
  /** The runtime's own. */
  readonly clock: VirtualClock;
  /** Every session that was made, in order; ended ones too. */
  readonly sessions: Session[];
  /** What went wrong, a sentence each. The command after which there is something here throws it. */
  readonly broken: string[];
}

/** One thing a client or an operator does, or time that passes. Printed as the code that does it. */
export type RuntimeCommand = AsyncCommand<RuntimeWorld, RuntimeWorld>;

/** A world with no sessions yet, for one run. Close its runtime after the run. */
export const runtimeWorld = (runtime: Runtime, clock: VirtualClock): RuntimeWorld => ({
  runtime,
  clock,
  sessions: [],
  broken: [],
});

/**
 * Commands that drive any runtime on a virtual clock, made with your own copy of fast-check. Alone or among your own:
 *
 *     fc.asyncProperty(fc.commands(runtimeCommands(fc)), async (commands) => {
 *       const clock = createVirtualClock();
 *       const runtime = createRuntime({ clock });
 *       const world = runtimeWorld(runtime, clock);
 *       await fc.asyncModelRun(() => ({ model: world, real: world }), commands);
 *       await runtime.close();
 *     });
 *
 * None waits for its answer: several may be under way at once. After each, `runtime.validateAll()` must be empty, and
 * whatever was refused by then must have been refused with a `HoldfastError`. A failing run prints its commands as one
 * expression to paste; in it `session(n)` stands for `sessions[n % sessions.length]`.
 */
export const runtimeCommands = (fc: FastCheck): Arbitrary<RuntimeCommand>[] => {
  const { createOptions, message, json } = arbitraries(fc);
  const who = fc.nat({ max: 9 });
  const ms = fc.oneof(fc.nat({ max: 1_000 }), fc.nat({ max: 300_000 }));
  const reason = fc.constantFrom('client', 'operator');
  return [
    createOptions().map(create),
    ...CALLS.map(([code, call]) => who.map((n) => onSession(n, code, call))),
    fc.tuple(who, ms).map(([n, lengthMs]) => run(n, lengthMs)),
    fc.tuple(who, message()).map(([n, said]) => append(n, said)),
    fc.tuple(who, json()).map(([n, data]) => update(n, data)),
    fc.tuple(who, reason).map(([n, why]) => terminate(n, why)),
    ms.map(wait),
  ];
};

type Call = (session: Session, world: RuntimeWorld) => unknown;

/** Calls that say all they mean; the code as it follows `session(n)`, or contains `$` for it. */
const CALLS: readonly (readonly [code: string, call: Call])[] = [
  ['$.touch()', (session) => session.touch()],
  ['$.beat()', (session) => session.beat()],
  ['$.pause()', (session) => session.pause()],
  ['$.resume()', (session) => session.resume()],
  ['$.messages()', (session) => session.messages()],
  ['runtime.get($.id)', ({ id }, { runtime }) => runtime.get(id)],
  ['runtime.list()', (_, { runtime }) => runtime.list()],
];

const create = (options: CreateOptions & { readonly principal: string | null }): RuntimeCommand =>
  command(
    `sessions.push(await runtime.create(${asCode(options)}))`,
    () => true,
    async (world) => {
      world.sessions.push(await world.runtime.create(options));
    },
  );

const onSession = (n: number, code: string, call: Call): RuntimeCommand =>
  command(
    code.replace('$', `session(${n})`),
    ({ sessions }) => sessions.length > 0,
    (world) => {
      const session = world.sessions[n % world.sessions.length];
      return session === undefined ? undefined : call(session, world);
    },
  );

/** Work that takes its time on the clock, or ends with its signal. */
const run = (n: number, lengthMs: number): RuntimeCommand =>
  onSession(n, `$.run('work', ({ signal }) => lasts(${lengthMs}, signal))`, (session, { clock }) =>
    session.run('work', ({ signal }) => lasts(clock, lengthMs, signal)),
  );

const lasts = (clock: VirtualClock, lengthMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = clock.scheduler.schedule(() => resolve(), lengthMs);
    signal.addEventListener('abort', () => {
      end.unsubscribe();
      reject(signal.reason);
    });
  });

const append = (n: number, said: NewMessage): RuntimeCommand =>
  onSession(n, `$.append(${asCode(said)})`, (session) => session.append(said));

const update = (n: number, data: unknown): RuntimeCommand =>
  onSession(n, `$.update(() => (${asCode(data)}))`, (session) => session.update(() => data));

const terminate = (n: number, reason: 'client' | 'operator'): RuntimeCommand =>
  onSession(n, `$.terminate('${reason}')`, (session) => session.terminate(reason));

const wait = (ms: number): RuntimeCommand =>
  command(
    `clock.advance(${ms})`,
    () => true,
    ({ clock }) => clock.advance(ms),
    'to its end',
  );

/** A command: asked for, given the time its promises take, and held against what must be true. */
const command = (
  code: string,
  check: (world: RuntimeWorld) => boolean,
  act: (world: RuntimeWorld) => unknown,
  goes: 'on its own' | 'to its end' = 'on its own',
): RuntimeCommand => ({
  check: (world) => check(world),
  toString: () => (code.includes('await ') ? code : `await ${code}`),
  async run(world) {
    // In a function, for what a call throws at once to be a refusal too.
    const answer = (async () => act(world))().catch((error: unknown) => {
      if (error instanceof HoldfastError) return;
      world.broken.push(`${code} was refused with no HoldfastError: ${String(error)}`);
    });
    if (goes === 'to its end') await answer;
    await world.clock.settle();
    for (const { id, problem, detail } of world.runtime.validateAll()) {
      world.broken.push(`${id}: ${problem}, ${detail}`);
    }
    if (world.broken.length > 0) throw new Error(world.broken.join('\n'));
  },
});
