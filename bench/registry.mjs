// What one session costs the registry, spawn and stop together, at 1,000 and at 64,000 sessions. The ratio
// says whether the cost grows with the number of sessions; the aim is at most 2.
//
//   npm run build && node bench/registry.mjs
//
// Rounds of the two sizes alternate, so that a slow moment of the machine falls on both. HOLDFAST_DIST names
// another build to measure.
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { createMachine } from 'xstate';

const dist = process.env.HOLDFAST_DIST
  ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`)
  : new URL('../dist/', import.meta.url);
const { createRegistry } = await import(new URL('src/xstate/registry-logic.js', dist).href);
const { systemClock } = await import(new URL('src/time/system-clock.js', dist).href);

const ROUNDS = 7;
const [SMALL, LARGE] = [1_000, 64_000];

const withTimer = createMachine({
  initial: 'waiting',
  states: { waiting: { after: { 3600000: 'over' } }, over: {} },
});

/** Lives of `size` sessions side by side, as often as makes 64,000 in all. */
const measure = (size, logic) => {
  let [spawnMs, stopMs, children, scheduled, left] = [0, 0, 0, 0, 0];
  const times = LARGE / size;
  for (let n = 0; n < times; n++) {
    const registry = createRegistry({ clock: systemClock(), ...(logic ? { logic } : {}) });
    registry.start();
    registry.send({ type: 'registry.ready' });
    const ids = Array.from({ length: size }, (_, index) => `ses_${index}`);
    const before = performance.now();
    ids.forEach((id, resident) => {
      registry.spawn(
        id,
        { id, principal: null, expiresAt: null },
        { resident, maxResident: size, ofPrincipal: 0, maxPerPrincipal: 1 },
      );
    });
    const between = performance.now();
    if (registry.size !== size) throw new Error(`only ${registry.size} of ${size} were let in`);
    children = Math.max(children, Object.keys(registry.actor.getSnapshot().children).length);
    const half = performance.now();
    for (const id of ids) registry.stop(id);
    stopMs += performance.now() - half;
    spawnMs += between - before;
    scheduled += registry.delayedEvents.size;
    left += registry.size;
    registry.actor.stop();
  }
  const perSession = (ms) => (ms * 1_000) / (size * times);
  return { spawn: perSession(spawnMs), stop: perSession(stopMs), children, scheduled, left };
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const us = (value) => `${value.toFixed(1)} µs`;

const row = (name, logic) => {
  measure(SMALL, logic);
  const rounds = { [SMALL]: [], [LARGE]: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of [SMALL, LARGE]) rounds[size].push(measure(size, logic));
  }
  const of = (size, pick) => median(rounds[size].map(pick));
  const both = (size) => of(size, ({ spawn, stop }) => spawn + stop);
  const most = (pick) => Math.max(...Object.values(rounds).flat().map(pick));
  return {
    sessions: name,
    [`at ${SMALL}`]: us(both(SMALL)),
    [`at ${LARGE}`]: us(both(LARGE)),
    ratio: (both(LARGE) / both(SMALL)).toFixed(2),
    'spawn / stop at 64000': `${us(of(LARGE, (it) => it.spawn))} / ${us(of(LARGE, (it) => it.stop))}`,
    'children in the snapshot': most((it) => it.children),
    'events left': most((it) => it.scheduled),
    'sessions left': most((it) => it.left),
  };
};

console.log(`spawn + stop of one session, medians of ${ROUNDS} rounds, Node ${process.version}`);
console.table([row('the chart'), row('with a timer', withTimer)]);
