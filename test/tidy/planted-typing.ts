import type { Planted } from './sample.ts';
import {
  castsThroughUnknownSayWhy,
  noAny,
  noSilencedCompiler,
  skippedTestsSayWhy,
} from './typing.ts';

/** Of types, and of tests that do not run. */
export const TYPING: readonly Planted[] = [
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
    caught: [
      ['src/x.ts', 'const a = 1;\nconst b = a as unknown as string;'],
      ['src/x.ts', '// About something else.\nconst a = 1;\nconst b = a as unknown as string;'],
    ],
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
