import type { Planted } from './sample.ts';
import { onlyTheCliPrints, randomnessHasOneDoor, timeHasOneDoor } from './seams.ts';

/** Of what one place only may name. */
export const SEAMS: readonly Planted[] = [
  {
    about: 'only src/time/ names timers and clocks',
    rule: timeHasOneDoor,
    caught: [
      ['src/x.ts', 'setTimeout(f, 1);'],
      ['src/x.ts', 'globalThis.setInterval(f, 1);'],
      ['src/x.ts', 'const timers = { setImmediate };'],
      ['src/x.ts', 'const at = Date.now();'],
      ['src/x.ts', 'const at = globalThis.Date.now();'],
      ['src/x.ts', 'const at = performance.now();'],
      ['src/x.ts', 'const at = new Date();'],
      ['src/x.ts', 'const at = Date();'],
      ['src/x.ts', 'const signal = AbortSignal.timeout(5);'],
      ['src/x.ts', 'const at = process.hrtime.bigint();'],
      ['src/x.ts', "import { setTimeout as sleep } from 'node:timers/promises';"],
      ['src/x.ts', "import { asyncScheduler } from 'rxjs';"],
      ['machines/x.ts', 'const at = Date.now();'],
    ],
    fine: [
      ['src/time/clock.ts', 'setTimeout(f, Date.now());'],
      ['src/x.ts', '// setTimeout would be wrong here\nconst text = "Date.now()";'],
      ['src/x.ts', 'const text = new Date(at).toISOString();'],
      ['src/x.ts', 'const clock: Clock = { setTimeout: later };'],
      ['test/x.test.ts', 'setTimeout(f, 1);'],
    ],
  },
  {
    about: 'only src/identity/ draws random numbers',
    rule: randomnessHasOneDoor,
    caught: [
      ['src/x.ts', 'const jitter = Math.random();'],
      ['src/x.ts', "import { randomBytes } from 'node:crypto';"],
      ['src/x.ts', 'const id = crypto.randomUUID();'],
      ['src/x.ts', 'globalThis.crypto.getRandomValues(bytes);'],
      ['src/x.ts', "import { v7 } from 'uuid';"],
    ],
    fine: [
      ['src/identity/id.ts', "import { randomBytes } from 'node:crypto';"],
      ['src/x.ts', "import { createHash } from 'node:crypto';\nMath.max(1, 2); // Math.random()"],
    ],
  },
  {
    about: 'only src/cli/ prints',
    rule: onlyTheCliPrints,
    caught: [['src/x.ts', 'console.warn("late");']],
    fine: [
      ['src/cli/main.ts', 'console.log("listening");'],
      ['src/x.ts', '// console.log("seen");'],
    ],
  },
];
