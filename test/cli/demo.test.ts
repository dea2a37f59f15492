import { expect, test } from 'vitest';
import { holdfast } from './holdfast-process.ts';

test('the demo shows what it promises and exits by itself within a minute', {
  timeout: 60_000,
}, async () => {
  const demo = holdfast(['demo']);
  expect(await demo.exit()).toBe(0);
  const shown = (pattern: RegExp) => demo.lines.filter((line) => pattern.test(line)).length;
  expect(shown(/ created ses_/)).toBe(4);
  expect(shown(/ idle ses_/)).toBeGreaterThanOrEqual(3);
  expect(shown(/ ended ses_\S+ idle-timeout$/)).toBe(2);
  expect(shown(/ ended ses_\S+ heartbeat-lost$/)).toBe(1);
  expect(shown(/ ended ses_\S+ client$/)).toBe(1);
  expect(shown(/refused: .*No room/)).toBe(1);
  expect(shown(/^# ses_\S+ now answers 404\.$/)).toBe(2);
  expect(shown(/Created 4, refused 1; ended: /)).toBe(1);
});
