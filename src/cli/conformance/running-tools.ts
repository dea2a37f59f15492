import type { McpServer, ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../../time/clock.ts';
import { wait } from '../wait.ts';
import { said } from './said.ts';

/** Between two things a tool tells of itself, ms. */
const STEP_MS = 50;
const STEPS = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];

const tellProgress = async ({ mcpReq }: ServerContext, progress: number): Promise<void> => {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await mcpReq.notify({
    method: 'notifications/progress',
    params: { progressToken, progress, total: 100 },
  });
};

/** Tools that take a moment and tell of it: logs, progress, and a stream that is cut while they run. */
export const registerRunningTools = (server: McpServer, clock: Clock): void => {
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs three times while it runs.' },
    async ({ mcpReq }) => {
      for (const [index, step] of STEPS.entries()) {
        if (index > 0) await wait(clock, STEP_MS, mcpReq.signal);
        await mcpReq.log('info', step);
      }
      return said('Logged three times.');
    },
  );
  server.registerTool(
    'test_logging_tool',
    { description: 'Logs once, to a client that asked for logs.' },
    async ({ mcpReq }) => {
      await mcpReq.log('info', 'Running.');
      return said('Logged once.');
    },
  );
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Tells its progress three times, to a client that asked for it.' },
    async (context) => {
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await wait(clock, STEP_MS, context.mcpReq.signal);
        await tellProgress(context, progress);
      }
      return said('Told its progress three times.');
    },
  );
  server.registerTool(
    'test_reconnection',
    { description: 'Cuts the stream of its answer: a client that comes back for it gets it.' },
    async ({ mcpReq, http }) => {
      // `closeSSE` is there in sessions only: without one there is nothing to come back to.
      http?.closeSSE?.();
      await wait(clock, 2 * STEP_MS, mcpReq.signal);
      return said('Answered after the stream was cut.');
    },
  );
};
