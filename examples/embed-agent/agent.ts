import { createRuntime, type RuntimeOptions, type Session } from 'holdfast';
import { assign, emit, setup } from 'xstate';
import type { Answer, Model, Tools } from './model.ts';
import { step, type Turn } from './turn.ts';

type Start = { session: Session };
const input = ({ context }: { context: Turn }) => context;
const isTrue = ({ event }: { event: { output: boolean } }) => event.output;
const isTool = ({ event }: { event: { output: Answer } }) => 'tool' in event.output;

/** The turn of an agent as a chart. Its conversation is the session's own journal. */
const agent = (model: Model, tools: Tools) =>
  setup({
    types: { input: {} as Start, context: {} as Turn, events: {} as { type: 'user.said' } },
    actors: {
      isAsked: step(async ({ session }) => {
        const last = (await session.messages()).messages.at(-1);
        return last?.role === 'user' || last?.role === 'tool';
      }),
      think: step(async ({ session }, signal) => {
        const { messages } = await session.messages();
        return session.run('think', (work) => model.next(messages, work.signal), { signal });
      }),
      callTool: step(async ({ session, tool, input }, signal) => {
        const call = tools[tool] ?? (async () => `There is no tool ${tool}.`);
        const content = await session.run(tool, (work) => call(input, work.signal), { signal });
        await session.append({ role: 'tool', content, metadata: { tool, input } });
      }),
      reply: step(({ session, text }) => session.append({ role: 'assistant', content: text })),
    },
    actions: { replied: emit({ type: 'agent.replied' }) },
  }).createMachine({
    context: ({ input: { session } }) => ({ session, text: '', tool: '', input: null }),
    initial: 'awaitingInput',
    on: { 'user.said': '.thinking' }, // In the middle of a turn, too: its step is aborted.
    states: {
      // A turn that could not be gone on with is found here: what was asked is in the conversation.
      awaitingInput: {
        invoke: { src: 'isAsked', input, onDone: { guard: isTrue, target: 'thinking' } },
      },
      thinking: {
        invoke: {
          src: 'think',
          input,
          onDone: [
            { guard: isTool, target: 'callingTool', actions: assign(({ event }) => event.output) },
            { target: 'replying', actions: assign(({ event }) => event.output) },
          ],
        },
      },
      callingTool: { invoke: { src: 'callTool', input, onDone: 'thinking' } },
      replying: {
        invoke: { src: 'reply', input, onDone: { target: 'awaitingInput', actions: 'replied' } },
      },
    },
  });

/** A runtime whose sessions can be made with `behaviour: 'agent'`. */
export const createAgentRuntime = (model: Model, tools: Tools, options: RuntimeOptions = {}) =>
  createRuntime({ ...options, behaviours: { agent: { logic: agent(model, tools) } } });
