import { isDeepStrictEqual } from 'node:util';
import type { AnyActorRef, EventObject } from 'xstate';
import { snapshotAfter } from '../../xstate/lone-behaviour.ts';
import type { Chart } from './chart.ts';
import { unsent } from './coverage.ts';
import type { Life } from './life.ts';
import { FoundProblem } from './machine-problem.ts';
import type { Subject } from './subject.ts';

/**
 * Throws `FoundProblem` where nothing leads anywhere any more: nothing is pending, no actor under the machine runs, and no
 * event it is tried with changes its states or its context.
 */
export const assertLeadsOn = (life: Life, chart: Chart, subject: Subject): void => {
  const { probes } = subject;
  if (probes === null || life.clock.pending > 0 || hasChildren(life)) return;
  const leaves = chart.leavesOf(life.snapshot);
  if (subject.options.deadEnds?.some((state) => leaves.includes(state))) return;
  if (probes.some((event) => leads(life, chart, event))) return;
  const none =
    Object.keys(subject.options.events ?? {}).length === 0 ? ' No `events` were given to try.' : '';
  throw new FoundProblem(
    'dead-end',
    `It comes to a dead end: in ${leaves.join(' and ')} it is not done, nothing is pending, and no event changes ` +
      `anything.${none}${unsent(subject)} If that is as it should be, make the state final, or name it in \`deadEnds\`.`,
  );
};

const leads = (life: Life, chart: Chart, event: EventObject): boolean => {
  const { snapshot } = life;
  if (!chart.takes(snapshot, event.type)) return false;
  try {
    const next = snapshotAfter(life.logic, snapshot, event);
    return (
      next.status !== 'active' ||
      !isDeepStrictEqual(next.value, snapshot.value) ||
      !isDeepStrictEqual(next.context, snapshot.context)
    );
  } catch {
    // It throws: that is another problem, which the step that sends it will show.
    return true;
  }
};

const hasChildren = ({ snapshot }: Life): boolean =>
  Object.values<AnyActorRef>(snapshot.children ?? {}).some(
    (child) => child.getSnapshot().status === 'active',
  );
