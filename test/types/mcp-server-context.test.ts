import { McpServer } from '@modelcontextprotocol/server';
import { expectTypeOf, test } from 'vitest';
import type { Runtime, Session } from '../../src/index.ts';
import { createMcpEndpoint, type McpServerFactory } from '../../src/mcp/index.ts';

// What the compiler promises of the factory of both eras. `tsc -p test/tsconfig.json` is what fails here.

test('the era tells whether there is a session', () => {
  const server: McpServerFactory = (context) => {
    expectTypeOf(context.principal).toEqualTypeOf<string | null>();
    if (context.era === 'legacy') {
      expectTypeOf(context.session).toEqualTypeOf<Session>();
      expectTypeOf(context.restored).toEqualTypeOf<boolean>();
    } else {
      expectTypeOf(context.session).toEqualTypeOf<null>();
      expectTypeOf(context.restored).toEqualTypeOf<false>();
    }
    return new McpServer({ name: 'typed', version: '1.0.0' });
  };
  expectTypeOf(createMcpEndpoint).parameter(0).toHaveProperty('runtime');
  expectTypeOf(server).toExtend<Parameters<typeof createMcpEndpoint>[0]['server']>();
});

test('taken apart in the parameters, the session tells as much', () => {
  const server: McpServerFactory = ({ session }) => {
    if (session === null) expectTypeOf(session).toEqualTypeOf<null>();
    else expectTypeOf(session).toEqualTypeOf<Session>();
    // @ts-expect-error there is none in the modern era
    session.id;
    return new McpServer({ name: 'typed', version: '1.0.0' });
  };
  expectTypeOf(server).toBeFunction();
});

test('what is neither a runtime nor a server of the SDK is refused', () => {
  type Options = Parameters<typeof createMcpEndpoint>[0];
  expectTypeOf<Runtime>().toExtend<Options['runtime']>();
  expectTypeOf<Runtime<{ turns: number }>>().toExtend<Options['runtime']>();
  expectTypeOf<() => { connect: () => void }>().not.toExtend<Options['server']>();
});
