import {
  acceptedContent,
  type CallToolResult,
  createRequestStateCodec,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { randomBase64url } from '../../identity/randomness.ts';
import { said } from './said.ts';

type Answer = CallToolResult | InputRequiredResult;

/** What a tool has to know in its next round; the client carries it. */
interface Round {
  readonly step: string;
  readonly name?: string;
}

const KEY_BYTES = 32;

/** Seals what clients carry between two rounds: one key for the process, so that any of its servers can open it. */
export const rounds: RequestStateCodec<Round> = createRequestStateCodec<Round>({
  key: randomBase64url(KEY_BYTES),
});

const NAME = z.object({ name: z.string() });
const COLOR = z.object({ color: z.string() });
const OK = z.object({ ok: z.boolean() });
const CONTEXT = z.object({ context: z.string() });

const form = (message: string, requestedSchema: z.ZodObject) =>
  inputRequired.elicit({ message, requestedSchema });
const question = (text: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens,
  });

const NAME_ASKED: InputRequests = { user_name: form('What is your name?', NAME) };
const CONFIRM_ASKED: InputRequests = { confirm: form('Please confirm', OK) };
const MANY_ASKED: InputRequests = {
  ...NAME_ASKED,
  greeting: question('Generate a greeting', 50),
  client_roots: inputRequired.listRoots(),
};

const askedAgain = async (step: string, inputRequests: InputRequests): Promise<Answer> =>
  inputRequired({ inputRequests, requestState: await rounds.mint({ step }) });

const sampledText = ({ mcpReq }: ServerContext, key: string): string | null => {
  const answer = inputResponse(mcpReq.inputResponses, key);
  if (answer.kind !== 'sampling') return null;
  const [block] = [answer.result.content].flat();
  return block?.type === 'text' ? block.text : '';
};

const rootUris = ({ mcpReq }: ServerContext, key: string): string | null => {
  const answer = inputResponse(mcpReq.inputResponses, key);
  return answer.kind === 'roots' ? answer.roots.map(({ uri }) => uri).join(', ') : null;
};

const byElicitation = ({ mcpReq }: ServerContext): Answer => {
  const accepted = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
  return accepted === undefined
    ? inputRequired({ inputRequests: NAME_ASKED })
    : said(`Hello, ${accepted.name}!`);
};

const bySampling = (context: ServerContext): Answer => {
  const text = sampledText(context, 'capital_question');
  const inputRequests = { capital_question: question('What is the capital of France?', 100) };
  return text === null ? inputRequired({ inputRequests }) : said(text);
};

const byRoots = (context: ServerContext): Answer => {
  const uris = rootUris(context, 'client_roots');
  const inputRequests = { client_roots: inputRequired.listRoots() };
  return uris === null ? inputRequired({ inputRequests }) : said(`Roots: ${uris}`);
};

/** Finished only with its own state: one that was changed on the way never gets as far as a handler. */
const byConfirmation = async ({ mcpReq }: ServerContext): Promise<Answer> => {
  const confirmed = acceptedContent(mcpReq.inputResponses, 'confirm', OK);
  return mcpReq.requestState<Round>()?.step === 'confirm' && confirmed !== undefined
    ? said('state-ok')
    : askedAgain('confirm', CONFIRM_ASKED);
};

const byManyInputs = async (context: ServerContext): Promise<Answer> => {
  const { mcpReq } = context;
  const accepted = acceptedContent(mcpReq.inputResponses, 'user_name', NAME);
  const greeting = sampledText(context, 'greeting');
  const uris = rootUris(context, 'client_roots');
  const complete = accepted !== undefined && greeting !== null && uris !== null;
  if (mcpReq.requestState<Round>()?.step !== 'many' || !complete) {
    return askedAgain('many', MANY_ASKED);
  }
  return said(`${greeting}, ${accepted.name}! Roots: ${uris}`);
};

const byManyRounds = async ({ mcpReq }: ServerContext): Promise<Answer> => {
  const state = mcpReq.requestState<Round>();
  const named = acceptedContent(mcpReq.inputResponses, 'step1', NAME);
  const colored = acceptedContent(mcpReq.inputResponses, 'step2', COLOR);
  if (state?.step === 'color' && colored !== undefined) {
    return said(`${state.name} likes ${colored.color}.`);
  }
  if (state?.step === 'name' && named !== undefined) {
    return inputRequired({
      inputRequests: { step2: form('Step 2: What is your favorite color?', COLOR) },
      requestState: await rounds.mint({ step: 'color', name: named.name }),
    });
  }
  return askedAgain('name', { step1: form('Step 1: What is your name?', NAME) });
};

/** Asks for what this client can give, and nothing else. */
const byCapabilities =
  (server: McpServer) =>
  async ({ mcpReq }: ServerContext): Promise<Answer> => {
    const answered = Object.keys(mcpReq.inputResponses ?? {});
    if (answered.length > 0) return said(`Answered: ${answered.join(', ')}.`);
    const { elicitation, sampling } = server.server.getClientCapabilities() ?? {};
    const inputRequests: InputRequests = {
      ...(elicitation === undefined ? {} : { elicited: form('Elicitation input', NAME) }),
      ...(sampling === undefined ? {} : { sampled: question('Sample request', 50) }),
    };
    return Object.keys(inputRequests).length === 0
      ? said('This client can be asked nothing.')
      : askedAgain('capabilities', inputRequests);
  };

/** Tells something before it asks, so that the answer is a stream. */
const byStream = async (context: ServerContext): Promise<Answer> => {
  await context.mcpReq.log('info', 'Asking.');
  return byElicitation(context);
};

const registerPrompt = (server: McpServer): void => {
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks the user what it is about.' },
    ({ mcpReq }) => {
      const accepted = acceptedContent(mcpReq.inputResponses, 'user_context', CONTEXT);
      if (accepted === undefined) {
        const user_context = form('What context should the prompt use?', CONTEXT);
        return inputRequired({ inputRequests: { user_context } });
      }
      const content = { type: 'text' as const, text: `Context: ${accepted.context}` };
      return { messages: [{ role: 'user', content }] };
    },
  );
};

/** Tools, and a prompt, that need more from the client before they can finish. */
export const registerInputRequired = (server: McpServer): void => {
  const offer = (
    name: string,
    description: string,
    answer: (context: ServerContext) => Answer | Promise<Answer>,
  ): void => {
    server.registerTool(name, { description }, answer);
  };
  const prefix = 'test_input_required_result';
  offer(`${prefix}_elicitation`, 'Asks the user.', byElicitation);
  offer(`${prefix}_sampling`, 'Asks the model.', bySampling);
  offer(`${prefix}_list_roots`, 'Asks for the roots.', byRoots);
  offer(`${prefix}_request_state`, 'Asks, and knows what it asked.', byConfirmation);
  offer(`${prefix}_tampered_state`, 'Asks, and refuses a changed state.', byConfirmation);
  offer(`${prefix}_multiple_inputs`, 'Asks for three things at once.', byManyInputs);
  offer(`${prefix}_multi_round`, 'Asks twice, one after the other.', byManyRounds);
  offer(`${prefix}_capabilities`, 'Asks for what can be given.', byCapabilities(server));
  offer('test_missing_capability', 'Needs the model, always.', bySampling);
  offer('test_streaming_elicitation', 'Tells something, then asks.', byStream);
  registerPrompt(server);
};
