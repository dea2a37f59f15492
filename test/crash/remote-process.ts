import { readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setup as chart } from 'xstate';
import type { Runtime, RuntimeOptions, Session, Store } from '../../src/index.ts';
import { elapsed } from './application.ts';
import { loadProduct } from './product.ts';
import type { Counts, Looked, Order, RemoteSaid, Setup } from './remote-protocol.ts';
import { shiftedClock } from './shifted-clock.ts';

/*
 * A process that does what it is told, a line of JSON each on its standard input, and says what came of it.
 * `node remote-process.js <file with its setup>`.
 */

const setup = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Setup;

const say = (said: RemoteSaid): void => {
  writeSync(1, `${JSON.stringify(said)}\n`);
};

const tell = (what: string, id: string, detail: string, at = 0): void =>
  say({ t: 'told', what, id, detail, at });

const never = (): Promise<never> => new Promise(() => undefined);

/** Half an hour after its start it does something. */
const alarm = chart({ delays: { later: 1_800_000 } }).createMachine({
  initial: 'waiting',
  states: { waiting: { after: { later: 'rung' } }, rung: {} },
});

const applicationOf = ({ initialize, cleanup, interrupted }: Setup): RuntimeOptions => ({
  ...(initialize === undefined
    ? {}
    : {
        initialize: ({ id }) => {
          tell('initialize', id, '');
          return never();
        },
      }),
  ...(cleanup === undefined
    ? {}
    : {
        cleanup: ({ id }, reason) => {
          tell('cleanup', id, reason);
          return cleanup === 'hang' ? never() : undefined;
        },
      }),
  operations: {
    task: async (input, { operation, session }) => {
      tell('handler', session.id, operation);
      if ((input as { readonly hang: boolean }).hang) await never();
      return operation;
    },
  },
  onInterrupted: ({ id }, { operation }) => {
    tell('interrupted', id, operation);
    return interrupted;
  },
  behaviours: { alarm: { logic: alarm } },
});

/** How many records are claimed at once: who sees to what is due claims it first. */
let claims = 0;
let mostClaims = 0;

const watched = (store: Store): Store =>
  new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      if (name !== 'claim') return own.bind(target);
      return async (id: string, owner: string) => {
        claims += 1;
        mostClaims = Math.max(mostClaims, claims);
        try {
          return await target.claim(id, owner);
        } finally {
          claims -= 1;
        }
      };
    },
  });

const counts = (runtime: Runtime): Counts => {
  const { resident, byResidency, woken, ended } = runtime.stats();
  return { resident, stored: byResidency.stored, woken, ended, mostClaims };
};

const looked = ({ id, state, reason }: Looked): Looked => ({ id, state, reason });

const obey = async (runtime: Runtime, order: Order): Promise<unknown> => {
  switch (order.do) {
    case 'create': {
      const { beats, behaviour } = order;
      const options = { ...(beats ? { beats } : {}), ...(behaviour ? { behaviour } : {}) };
      return (await runtime.create(options)).id;
    }
    case 'create-many': {
      const all = Array.from({ length: order.count }, () => runtime.create());
      return (await Promise.all(all)).length;
    }
    case 'list':
      return (await runtime.list()).sessions.map(looked);
    case 'stats':
      return counts(runtime);
    case 'problems':
      return runtime.validateAll();
    default:
      return obeyOn(await runtime.get(order.id), order);
  }
};

const obeyOn = async (
  session: Session,
  order: Extract<Order, { readonly id: string }>,
): Promise<unknown> => {
  switch (order.do) {
    case 'look':
      return looked(session.info());
    case 'touch':
      return session.touch();
    case 'beat':
      return session.beat();
    case 'pause':
      return session.pause();
    case 'end':
      return session.terminate('operator');
    default:
      return session.run('task', { hang: order.hang }, { durable: true, id: order.op });
  }
};

const main = async (): Promise<void> => {
  const { holdfast, sqlite, planted } = await loadProduct(setup.product);
  planted.plant(setup.fault ?? null);
  const opened = await sqlite.openSqliteStore({
    folder: setup.folder,
    onWaiting: (holder) => tell('waiting', '', String(holder?.pid)),
  });
  const store = watched(opened);
  const { deadlines, tombstoneMs, sweepIntervalMs } = setup;
  const runtime = holdfast.createRuntime({
    ...applicationOf(setup),
    store,
    clock: shiftedClock(holdfast.systemClock(), setup.offsetMs ?? 0),
    ...(deadlines === undefined ? {} : { deadlines }),
    ...(tombstoneMs === undefined ? {} : { tombstoneMs }),
    ...(sweepIntervalMs === undefined ? {} : { sweepIntervalMs }),
  });
  runtime.subscribe((event) => {
    if (event.type === 'session.ended') tell('ended', event.id, event.reason, event.at);
    if (event.type === 'runtime.time-gap') tell('gap', '', event.kind, event.at);
  });
  // It is open for calls once it has answered one.
  await runtime.list({ limit: 1 });
  say({ t: 'open' });
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { n, order } = JSON.parse(line) as { readonly n: number; readonly order: Order };
    obey(runtime, order).then(
      (value) => say({ t: 'answer', n, value: value ?? null }),
      (error: unknown) => say({ t: 'refused', n, error: String(error) }),
    );
  });
  process.on('SIGTERM', () => void runtime.close().then(() => process.exit(0)));
  await elapsed(0);
};

await main();
