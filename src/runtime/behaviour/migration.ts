import { mintToken } from '../../identity/token.ts';
import type { Envelope } from '../../store/envelope/envelope.ts';
import { jsonCopy } from '../../store/json-copy.ts';
import type { BehaviourSpec } from './behaviour.ts';
import type { CheckedBehaviour } from './behaviour-options.ts';
import { copyWithout, putAt } from './checkpoint.ts';

/** One step, from a version to the next. */
type Step = NonNullable<BehaviourSpec['migrate']>[number];

/** What is stored of a behaviour, as the present version of it goes on from it; or why that version cannot. */
export type Migrated =
  | { readonly kept: Envelope }
  | { readonly refused: string; readonly cause?: unknown };

/** The part of a behaviour that what is stored of it depends on. */
type Versioned = Pick<CheckedBehaviour, 'name' | 'machineId' | 'version' | 'migrate'>;

/**
 * Takes what is stored of a behaviour to its present version, step by step, in memory. What it is given stays as it is.
 * Never throws: what a step throws is the `cause` of a refusal, which is one sentence.
 */
export const migrated = (behaviour: Versioned, stored: Envelope): Migrated => {
  const { name, machineId, version } = behaviour;
  const what = `The behaviour ${JSON.stringify(name)}`;
  if (stored.machineId !== null && stored.machineId !== machineId) {
    const here = machineId === null ? 'no machine' : `the machine ${JSON.stringify(machineId)}`;
    const there = `the machine ${JSON.stringify(stored.machineId)}`;
    return {
      refused: `${what} was stored from ${there}, and is ${here} here: register that one by this name, and another one by another.`,
    };
  }
  if (stored.machineVersion > version) {
    return {
      refused: `${what} was stored in version ${stored.machineVersion}, and this process has version ${version}: deploy the newer one again.`,
    };
  }
  let kept: Envelope = stored;
  while (kept.machineVersion < version) {
    const from = kept.machineVersion;
    const step = behaviour.migrate[from];
    const stands = `${what} was stored in version ${stored.machineVersion}, and this process has version ${version}`;
    if (step === undefined) {
      return { refused: `${stands} and no migration from ${from}: add migrate[${from}].` };
    }
    try {
      kept = { ...stepped(step, kept), machineVersion: from + 1 };
    } catch (cause) {
      return { refused: `${stands}, but migrate[${from}] failed: mend it.`, cause };
    }
  }
  return { kept: kept.machineId === machineId ? kept : { ...kept, machineId } };
};

/**
 * Where the reference to the session stood, a step finds a mark: a text made for this one call, so that no data can be
 * taken for it. It survives a copy through JSON, and wherever the step leaves it the reference is put back.
 */
const stepped = (step: Step, kept: Envelope): Envelope => {
  const mark = `session ${mintToken()}`;
  const holder = structuredClone({
    snapshot: kept.checkpoint?.snapshot ?? null,
    input: kept.input,
  });
  for (const path of kept.checkpoint?.session ?? []) putAt(holder, ['snapshot', ...path], mark);
  const result: unknown = step(holder);
  // It is refused below; that it fails as well is to end nobody's process.
  if (result instanceof Promise) result.catch(() => undefined);
  if (
    typeof result !== 'object' ||
    result === null ||
    !('snapshot' in result && 'input' in result)
  ) {
    throw new TypeError('It must return { snapshot, input }, and not later: it is not waited for.');
  }
  const { snapshot, input } = result;
  const next = { ...kept, input: input === undefined ? undefined : jsonCopy(input, 'input') };
  if (snapshot === null) return { ...next, checkpoint: null, timers: [] };
  const { copy, found } = copyWithout(mark, snapshot);
  return { ...next, checkpoint: { snapshot: copy, session: found } };
};
