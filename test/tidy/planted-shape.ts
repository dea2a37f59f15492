import type { Planted } from './sample.ts';
import {
  exportsAreDocumented,
  kebabCasePaths,
  shortFiles,
  shortFunctions,
  tellingNames,
  tellingPaths,
} from './shape.ts';

const lines = (count: number): string => '// a line\n'.repeat(count);
const functionOf = (count: number): string => `const f = () => {\n${lines(count - 2)}};\n`;

/** Of length, names and doc comments. */
export const SHAPE: readonly Planted[] = [
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
