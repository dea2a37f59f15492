import { keyName } from '../admission/key-index.ts';
import type { SessionHost } from '../host.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import type { Problem } from './health.ts';
import { SESSION_CHECKS } from './session-checks.ts';

/** What a problem of no session in particular is told of. */
const RUNTIME = 'runtime';

/** What should not be. Nothing of it is mended. See `Runtime.validateAll`. */
export const validateAll = (context: RuntimeContext): readonly Problem[] => {
  // A runtime that is closed names what it left in its report; nothing of it is watched any more.
  if (context.closed) return [];
  const problems: Problem[] = [];
  const found = (id: string, problem: string, detail: string): void => {
    problems.push({ id, problem, detail });
  };
  for (const [id, host] of context.hosts) {
    if (id !== host.id) found(id, 'wrong-id', `The session filed here is ${host.id}.`);
    for (const [problem, check] of Object.entries(SESSION_CHECKS)) {
      const detail = check(context, host);
      if (detail !== null) found(host.id, problem, detail);
    }
  }
  checkPrincipals(context, found);
  checkKeys(context, found);
  checkStrays(context, found);
  checkCounts(context, found);
  return problems;
};

type Found = (id: string, problem: string, detail: string) => void;

const isHere = (context: RuntimeContext, host: SessionHost): boolean =>
  context.hosts.get(host.id) === host;

/** Everybody's sessions are in memory, theirs, and no more than allowed. */
const checkPrincipals = (context: RuntimeContext, found: Found): void => {
  const { maxPerPrincipal } = context.settings;
  for (const [principal, own] of context.perPrincipal) {
    for (const host of own) {
      if (isHere(context, host) && host.principal === principal) continue;
      found(host.id, 'principal-stray', 'A principal is said to have it, but does not.');
    }
    if (own.size === 0) found(RUNTIME, 'principal-stray', 'A principal without a session is kept.');
    if (own.size > maxPerPrincipal) {
      found(
        RUNTIME,
        'over-capacity',
        `A principal has ${own.size} of ${maxPerPrincipal} sessions.`,
      );
    }
  }
};

/** A key leads to the session that has it, and that has not ended: to one. */
const checkKeys = (context: RuntimeContext, found: Found): void => {
  for (const host of context.hosts.values()) {
    if (host.key === null || !host.made || host.reason !== null) continue;
    const entry = context.keyed.get(keyName(host.principal, host.key));
    if (entry?.host === host || entry?.host === null) continue;
    found(host.id, 'key-unlisted', 'Its key does not lead to it.');
  }
  for (const [name, { host }] of context.keyed) {
    if (host === null || isKeyOf(context, name, host)) continue;
    found(host.id, 'key-stray', 'A key leads to it that it does not have, or it is gone.');
  }
};

const isKeyOf = (context: RuntimeContext, name: string, host: SessionHost): boolean =>
  isHere(context, host) && host.key !== null && keyName(host.principal, host.key) === name;

/** Nothing is left of sessions that are gone. */
const checkStrays = (context: RuntimeContext, found: Found): void => {
  const actors = new Set<string>();
  let filed = context.away.filed().length;
  for (const { actor, bucket } of context.hosts.values()) {
    actors.add(actor.id);
    if (bucket !== null) filed += 1;
  }
  for (const id of context.registry.ids()) {
    if (!actors.has(id)) found(id, 'actor-stray', 'The registry has an actor without a session.');
  }
  const { size } = context.wheel;
  if (size === filed) return;
  found(RUNTIME, 'entry-stray', `The wheel has ${size} entries, of ${filed} sessions.`);
};

const checkCounts = (context: RuntimeContext, found: Found): void => {
  const { hosts, inFlight, counters, settings, reserved } = context;
  let sum = 0;
  for (const host of hosts.values()) sum += host.inFlight;
  if (sum !== inFlight) {
    found(RUNTIME, 'in-flight-total', `${inFlight} are counted, but the sessions have ${sum}.`);
  }
  const running = counters.operationsStarted - counters.operationsFinished;
  if (running < 0 || running > inFlight) {
    found(RUNTIME, 'counters-differ', `${running} operations run, of ${inFlight} in flight.`);
  }
  const taken = hosts.size + reserved.size;
  if (taken > settings.maxResident) {
    found(RUNTIME, 'over-capacity', `There are ${taken} of ${settings.maxResident} sessions.`);
  }
};
