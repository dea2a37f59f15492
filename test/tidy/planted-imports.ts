import { chartsArePure, importsGoDown, typesOnlyFiles, xstateInItsPlace } from './imports.ts';
import type { Planted } from './sample.ts';

/** Of imports. */
export const IMPORTS: readonly Planted[] = [
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
      ['src/runtime/x.ts', "type A = import('xstate').ActorRef<B, C>;"],
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
