import { McpServer } from '@modelcontextprotocol/server';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { createRuntime, type Runtime, type Session } from '../../src/index.ts';
import {
  createMcpEndpoint,
  createMcpSessions,
  type McpServerContext,
  type McpServerFactory,
  type SessionContext,
  serveMcpStdio,
  sessionOf,
} from '../../src/mcp/index.ts';

// What the compiler promises of the data of a session that a factory is given. `tsc -p test/tsconfig.json` is what fails here.

interface Kept {
  readonly items: readonly string[];
}

const made = (): McpServer => new McpServer({ name: 'typed', version: '1.0.0' });

/** Never called: only the compiler reads these. */
const never = (_check: () => void): void => undefined;

declare const kept: Runtime<Kept>;

test('a factory is given sessions of the data of the runtime', () => {
  never(() => {
    createMcpEndpoint({
      runtime: kept,
      server: (context) => {
        expectTypeOf(context).toEqualTypeOf<McpServerContext<Kept>>();
        if (context.session !== null) {
          expectTypeOf(context.session).toEqualTypeOf<Session<Kept>>();
        }
        return made();
      },
    });
    createMcpSessions({
      runtime: kept,
      server: ({ session }) => {
        expectTypeOf(session.data).toEqualTypeOf<Kept>();
        return made();
      },
    });
    const stdio = serveMcpStdio({
      runtime: kept,
      server: ({ session }) => {
        expectTypeOf(session).toEqualTypeOf<Session<Kept> | null>();
        return made();
      },
    });
    expectTypeOf(stdio.session).toEqualTypeOf<Session<Kept> | null>();
  });
});

test('also of one whose schema takes something else than it gives', () => {
  never(() => {
    const runtime = createRuntime({ data: z.object({ n: z.number().default(0) }) });
    createMcpEndpoint({
      runtime,
      server: ({ session }) => {
        if (session !== null) expectTypeOf(session.data).toEqualTypeOf<{ n: number }>();
        return made();
      },
    });
  });
});

test('a factory that is indifferent to the data fits every runtime; one of other data does not', () => {
  never(() => {
    const any: McpServerFactory = () => made();
    createMcpEndpoint({ runtime: kept, server: any });
    createMcpSessions({ runtime: kept, server: (_: SessionContext) => made() });
    const own: McpServerFactory<Kept> = () => made();
    createMcpEndpoint({ runtime: kept, server: own });
    // @ts-expect-error sessions of this runtime keep no items
    createMcpEndpoint({ runtime: createRuntime<{ turns: number }>(), server: own });
  });
});

test('sessionOf is told what the sessions keep', () => {
  never(() => {
    expectTypeOf(sessionOf<Kept>({ sessionId: 'x' })).toEqualTypeOf<Session<Kept>>();
    expectTypeOf(sessionOf({ sessionId: 'x' })).toEqualTypeOf<Session>();
  });
});
