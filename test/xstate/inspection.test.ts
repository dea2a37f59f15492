import { expect, test } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { containInspector } from '../../src/xstate/inspection.ts';

const event = { type: '@xstate.actor' } as InspectionEvent;

test('an observer and a function both hear every event', () => {
  const heard: unknown[] = [];
  const never = () => expect.unreachable();
  containInspector((it) => heard.push(it), never).next?.(event);
  const observer = {
    heard,
    next(it: InspectionEvent) {
      this.heard.push(it);
    },
  };
  containInspector(observer, never).next?.(event);
  containInspector({}, never).next?.(event);
  expect(heard).toEqual([event, event]);
});

test('what it throws is handed on instead', () => {
  const errors: unknown[] = [];
  const broken = () => {
    throw new Error('inspector');
  };
  containInspector(broken, (error) => errors.push(error)).next?.(event);
  expect(errors).toEqual([new Error('inspector')]);
});
