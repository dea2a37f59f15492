import { chartsArePure, importsGoDown, typesOnlyFiles, xstateInItsPlace } from './imports.ts';
import { onlyTheCliPrints, randomnessHasOneDoor, timeHasOneDoor } from './seams.ts';
import {
  exportsAreDocumented,
  kebabCasePaths,
  shortFiles,
  shortFunctions,
  tellingNames,
  tellingPaths,
} from './shape.ts';
import type { Rule } from './syntax.ts';
import {
  castsThroughUnknownSayWhy,
  noAny,
  noSilencedCompiler,
  skippedTestsSayWhy,
} from './typing.ts';

/** A path and a text, as short as it gets. */
type Sample = readonly [path: string, text: string];

/** A rule, with samples it must catch and samples it must leave alone. */
export interface Planted {
  readonly about: string;
  readonly rule: Rule;
  readonly caught: readonly Sample[];
  readonly fine: readonly Sample[];
}

const lines = (count: number): string => '// a line\n'.repeat(count);
const functionOf = (count: number): string => `const f = () => {\n${lines(count - 2)}};\n`;

const SHAPE: readonly Planted[] = [
  {
    about: 'files are at most 300 lines',
    rule: shortFiles,
    caught: [
      ['src/x.ts', lines(301)],
      ['test/x.test.ts', lines(301)],
    ],
    fine: [
      ['src/x.ts', lines(300)],
      ['machines/x.ts', lines(301)],
    ],
  },
  {
    about: 'functions are at most 70 lines',
    rule: shortFunctions,
    caught: [
      ['src/x.ts', functionOf(71)],
      ['src/x.ts', `class A {\n  f() {\n${lines(69)}  }\n}\n`],
      ['src/x.ts', `const s = '}'; ${functionOf(71)}`],
    ],
    fine: [
      ['src/x.ts', functionOf(70)],
      ['src/x.ts', functionOf(70) + functionOf(70)],
    ],
  },
  {
    about: 'paths are kebab-case',
    rule: kebabCasePaths,
    caught: [
      ['src/time/deadlineWheel.ts', ''],
      ['src/Time/wheel.ts', ''],
      ['src/time/deadline_wheel.ts', ''],
    ],
    fine: [
      ['src/time/deadline-wheel.ts', ''],
      ['test/time/deadline-wheel.test.ts', ''],
      ['.ci/node24/smoke.mjs', ''],
    ],
  },
  {
    about: 'paths tell what is inside',
    rule: tellingPaths,
    caught: [
      ['src/utils/x.ts', ''],
      ['src/time/time-helpers.ts', ''],
      ['src/core/x.ts', ''],
      ['test/common.test.ts', ''],
      ['src/misc.ts', ''],
      ['src/session-manager.ts', ''],
    ],
    fine: [['src/commons-licence/score.ts', '']],
  },
  {
    about: 'declarations tell what they are',
    rule: tellingNames,
    caught: [
      ['src/x.ts', 'class SessionManager {}'],
      ['src/x.ts', 'const timeUtils = {};'],
      ['src/x.ts', 'interface Common {}'],
      ['src/x.ts', 'function helper() {}'],
    ],
    fine: [
      ['src/x.ts', 'const score = commonest; // no utils, no manager'],
      ['src/x.ts', 'const managed = client.manager;'],
    ],
  },
  {
    about: 'exports have a doc comment',
    rule: exportsAreDocumented,
    caught: [
      ['src/x.ts', 'export const a = 1;'],
      ['src/x.ts', '/* not a doc comment */\nexport interface A {}'],
      ['src/x.ts', '/** Of something else. */\nconst b = 1;\nexport function a() {}'],
      ['machines/x.ts', 'export type A = 1;'],
    ],
    fine: [
      ['src/x.ts', '/** What it is for. */\nexport const a = 1;'],
      ['src/x.ts', '/** Ü — é. */\nexport class A {}\n/** ’ */\nexport type B = 1;'],
      ['src/x.ts', '/** Both. */\nexport function a(): 1;\nexport function a(b: 1): 1;'],
      ['src/x.ts', "export { a } from './a.ts';\nconst b = 1;"],
    ],
  },
];

const SEAMS: readonly Planted[] = [
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

const IMPORTS: readonly Planted[] = [
  {
    about: 'imports go down the layers',
    rule: importsGoDown,
    caught: [
      ['src/time/x.ts', "import type { Store } from '../store/contract.ts';"],
      ['src/store/x.ts', "export { a } from '../runtime/a.ts';"],
      ['src/runtime/x.ts', "const a = await import('../http/a.ts');"],
      ['src/runtime/x.ts', "type A = import('../mcp/a.ts').A;"],
      ['src/runtime/x.ts', "import { log } from '../observe/log.ts';"],
      ['src/observe/events.ts', "import type { Session } from '../runtime/session.ts';"],
      ['src/http/x.ts', "import { a } from '../index.ts';"],
      ['src/cli/x.ts', "import { a } from '../../test/a.ts';"],
      ['src/cli/x.ts', "import { createRuntime } from 'holdfast';"],
      ['src/errors.ts', "import '../src/observe/log.ts';"],
      ['src/somewhere/x.ts', ''],
    ],
    fine: [
      ['src/runtime/x.ts', "import type { Listener } from '../observe/events.ts';"],
      ['src/runtime/x.ts', "import { a } from './a.ts';\nimport { b } from '../time/b.ts';"],
      ['src/cli/x.ts', "import { a } from '../index.ts';\nimport { b } from 'node:fs';"],
      ['src/store/x.ts', "// import { a } from '../runtime/a.ts';"],
      ['test/x.test.ts', "import { a } from '../src/runtime/a.ts';"],
    ],
  },
  {
    about: 'src/observe/events.ts holds types only',
    rule: typesOnlyFiles,
    caught: [
      ['src/observe/events.ts', 'export const a = 1;'],
      ['src/observe/events.ts', "import { a } from '../time/a.ts';"],
    ],
    fine: [
      ['src/observe/events.ts', "import type { A } from '../time/a.ts';\nexport type B = A;"],
      ['src/observe/log.ts', 'export const a = 1;'],
    ],
  },
  {
    about: 'XState values are imported in machines/ and src/xstate/ only',
    rule: xstateInItsPlace,
    caught: [
      ['src/runtime/x.ts', "import { createActor } from 'xstate';"],
      ['src/runtime/x.ts', "import { type ActorRef, createActor } from 'xstate';"],
      ['src/runtime/x.ts', "export * from 'xstate';"],
      ['src/runtime/x.ts', "import { fromPromise } from 'xstate/actors';"],
    ],
    fine: [
      ['src/runtime/x.ts', "import type { ActorRef } from 'xstate';"],
      ['src/runtime/x.ts', "import { type ActorRef } from 'xstate';"],
      ['src/xstate/x.ts', "import { createActor } from 'xstate';"],
    ],
  },
  {
    about: 'machines/ imports only xstate',
    rule: chartsArePure,
    caught: [
      ['machines/x.ts', "import { Subject } from 'rxjs';"],
      ['machines/x.ts', "import type { Clock } from '../src/time/clock.ts';"],
      ['machines/x.ts', "import { readFileSync } from 'node:fs';"],
    ],
    fine: [['machines/x.ts', "import { setup } from 'xstate';\nimport './session.ts';"]],
  },
];

const TYPING: readonly Planted[] = [
  {
    about: 'there is no any',
    rule: noAny,
    caught: [
      ['src/x.ts', 'const a: any = 1;'],
      ['src/x.ts', 'const a = b as any;'],
      ['src/x.ts', 'function f(...rest: any[]) {}'],
    ],
    fine: [['src/x.ts', '// any\nconst any = "any";']],
  },
  {
    about: 'the compiler is not silenced',
    rule: noSilencedCompiler,
    caught: [
      ['src/x.ts', '// @ts-ignore because it is old\nf();'],
      ['src/x.ts', '// @ts-nocheck'],
      ['src/x.ts', '// @ts-expect-error\nf();'],
    ],
    fine: [['src/x.ts', '// @ts-expect-error the typings of xstate lack this field\nf();']],
  },
  {
    about: 'a cast through unknown says why',
    rule: castsThroughUnknownSayWhy,
    caught: [['src/x.ts', 'const a = 1;\nconst b = a as unknown as string;']],
    fine: [
      ['src/x.ts', '// The table only ever holds strings.\nconst b = a as unknown as string;'],
      ['src/x.ts', 'const b = a as unknown as string; // checked one line above'],
      ['src/x.ts', 'const b = a as unknown;'],
    ],
  },
  {
    about: 'skipped tests say why, and no test runs alone',
    rule: skippedTestsSayWhy,
    caught: [
      ['test/x.test.ts', "test.skip('it holds', f);"],
      ['test/x.test.ts', "test.only('it holds', f); // while I look at it"],
      ['test/x.test.ts', "describe.skipIf(old)('it holds', f);"],
      ['test/x.test.ts', "test.concurrent.skip('it holds', f);"],
    ],
    fine: [
      ['test/x.test.ts', "test.skipIf(old)('it holds', f); // node:sqlite is missing here"],
      ['test/x.test.ts', "test('skip and only', () => list.only(1));"],
    ],
  },
];

/** Every rule with its planted violations: the proof that the rules can fail. */
export const PLANTED: readonly Planted[] = [...SHAPE, ...SEAMS, ...IMPORTS, ...TYPING];
