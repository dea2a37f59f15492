import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { said } from './said.ts';

/** Keywords of JSON Schema 2020-12 that a listing must not lose. */
const WIDE = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits a schema.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

/** An argument that a client repeats in a header, where a proxy can read it. */
const IN_A_HEADER = z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) });

/** Tools whose input schemas are what is looked at. */
export const registerSchemaTools = (server: McpServer): void => {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: WIDE },
    (input) => said(JSON.stringify(input)),
  );
  server.registerTool(
    'test_custom_header',
    { description: 'Takes an argument that is repeated in a header.', inputSchema: IN_A_HEADER },
    ({ region }) => said(region),
  );
};
