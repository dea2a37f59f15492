import { completable, type McpServer, type PromptMessage } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PNG_BASE64 } from './samples.ts';

const WORDS = ['paris', 'park', 'party', 'hello', 'world'];

const words = completable(z.string().describe('First test argument'), (begun) =>
  WORDS.filter((word) => word.startsWith(begun)),
);
const TWO_WORDS = z.object({ arg1: words, arg2: z.string().describe('Second test argument') });
const URI = z.object({ resourceUri: z.string().describe('URI of the resource to embed') });

const text = (said: string): PromptMessage => ({
  role: 'user',
  content: { type: 'text', text: said },
});

/** Prompts with every kind of content, and one argument that completes. */
export const registerPrompts = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'A text.' }, () => ({
    messages: [text('This is a simple prompt for testing.')],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'A text made from two arguments.', argsSchema: TWO_WORDS },
    ({ arg1, arg2 }) => ({
      messages: [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource, and what to do with it.', argsSchema: URI },
    ({ resourceUri: uri }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: {
              uri,
              mimeType: 'text/plain',
              text: 'Embedded resource content for testing.',
            },
          },
        },
        text('Please process the embedded resource above.'),
      ],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_image',
    { description: 'An image, and what to do with it.' },
    () => ({
      messages: [
        { role: 'user', content: { type: 'image', data: PNG_BASE64, mimeType: 'image/png' } },
        text('Please analyze the image above.'),
      ],
    }),
  );
};
