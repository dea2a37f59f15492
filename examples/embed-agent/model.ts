import type { Message } from 'holdfast';

/** What a model answers: a text for the user, or a tool it wants called first. */
export type Answer = { readonly text: string } | { readonly tool: string; readonly input: unknown };

/** The model behind an agent. `signal` is aborted when nobody waits for the answer any more. */
export interface Model {
  next(conversation: readonly Message[], signal: AbortSignal): Promise<Answer>;
}

/** What an agent can have done, by name. A tool that a crash cut short is called again: it must not mind. */
export type Tools = Readonly<
  Record<string, (input: unknown, signal: AbortSignal) => Promise<string>>
>;

/**
 * A model by script instead of a provider's: it has the numbers of a question added up, and tells what came of it.
 * Like a real one it knows nothing but the conversation, so it can be asked again after a crash.
 */
export const scriptedModel: Model = {
  next: async (conversation) => {
    const last = conversation.at(-1);
    if (last?.role === 'tool') return { text: `That makes ${last.content}.` };
    const numbers = String(last?.content).match(/\d+/g) ?? [];
    if (numbers.length > 1) return { tool: 'add', input: numbers.map(Number) };
    return { text: 'Give me numbers, and I add them up.' };
  },
};

/** What the scripted model can have called. */
export const scriptedTools: Tools = {
  add: async (input) => {
    if (!Array.isArray(input)) return 'nothing: there were no numbers';
    return String(input.reduce((sum, number) => sum + Number(number), 0));
  },
};
