import {
  type CallToolResult,
  type ElicitRequestFormParams,
  type InputRequest,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { said } from './said.ts';

type RequestedSchema = ElicitRequestFormParams['requestedSchema'];

const PERSON: RequestedSchema = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
};

/** A default for every primitive type. */
const DEFAULTS: RequestedSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
  required: [],
};

const options = ['option1', 'option2', 'option3'];
const titled = (noun: string) => [
  { const: 'value1', title: `First ${noun}` },
  { const: 'value2', title: `Second ${noun}` },
  { const: 'value3', title: `Third ${noun}` },
];

/** Every way to let somebody choose. */
const CHOICES: RequestedSchema = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  },
  required: [],
};

const ASKED = 'asked';

/**
 * Asks the client for input, and answers with what it said. Written once for both eras: with sessions the SDK sends
 * the request and calls again with its answer, without them the client does.
 */
const ask = (
  { mcpReq }: ServerContext,
  request: InputRequest,
  lead: string,
): CallToolResult | InputRequiredResult => {
  const answer = inputResponse(mcpReq.inputResponses, ASKED);
  switch (answer.kind) {
    case 'elicit':
      return said(`${lead}: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
    case 'sampling': {
      const [block] = [answer.result.content].flat();
      return said(`${lead}: ${block?.type === 'text' ? block.text : JSON.stringify(block)}`);
    }
    default:
      return inputRequired({ inputRequests: { [ASKED]: request } });
  }
};

const PROMPT = z.object({ prompt: z.string().describe('What to ask the model') });
const MESSAGE = z.object({ message: z.string().describe('What to ask the user') });

/** Tools that ask the client's model or user. */
export const registerAskingTools = (server: McpServer): void => {
  server.registerTool(
    'test_sampling',
    { description: "Asks the client's model.", inputSchema: PROMPT },
    ({ prompt }, context) => {
      const messages = [
        { role: 'user' as const, content: { type: 'text' as const, text: prompt } },
      ];
      const request = inputRequired.createMessage({ messages, maxTokens: 100 });
      return ask(context, request, 'LLM response');
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: "Asks the client's user.", inputSchema: MESSAGE },
    ({ message }, context) =>
      ask(context, inputRequired.elicit({ message, requestedSchema: PERSON }), 'User response'),
  );
  const offerForm = (name: string, description: string, requestedSchema: RequestedSchema): void => {
    const form = inputRequired.elicit({ message: 'Please fill this in.', requestedSchema });
    server.registerTool(name, { description }, (context) =>
      ask(context, form, 'Elicitation completed'),
    );
  };
  offerForm('test_elicitation_sep1034_defaults', 'Asks with defaults.', DEFAULTS);
  offerForm('test_elicitation_sep1330_enums', 'Asks with choices.', CHOICES);
};
