import type { McpServer } from '@modelcontextprotocol/server';
import { said } from './said.ts';

/** Who hears that a list changed. */
export interface ListChanges {
  /** The tools did. */
  toolsChanged(): unknown;
  /** The prompts did. */
  promptsChanged(): unknown;
}

/** Tools that tell everybody who listens that a list has changed. */
export const registerChangingTools = (server: McpServer, changes: ListChanges): void => {
  server.registerTool(
    'test_trigger_tool_change',
    { description: 'Tells that the tools changed.' },
    async () => {
      await changes.toolsChanged();
      return said('Told.');
    },
  );
  server.registerTool(
    'test_trigger_prompt_change',
    { description: 'Tells that the prompts changed.' },
    async () => {
      await changes.promptsChanged();
      return said('Told.');
    },
  );
};
