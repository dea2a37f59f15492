import type { CallToolResult } from '@modelcontextprotocol/server';

/** What a tool answers that has only one thing to say. */
export const said = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });
