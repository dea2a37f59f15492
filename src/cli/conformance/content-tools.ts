import type { ContentBlock, McpServer } from '@modelcontextprotocol/server';
import { said } from './said.ts';
import { PNG_BASE64, WAV_BASE64 } from './samples.ts';

const image: ContentBlock = { type: 'image', data: PNG_BASE64, mimeType: 'image/png' };
const audio: ContentBlock = { type: 'audio', data: WAV_BASE64, mimeType: 'audio/wav' };

const resource = (name: string, mimeType: string, text: string): ContentBlock => ({
  type: 'resource',
  resource: { uri: `test://${name}`, mimeType, text },
});

/** Tools that answer with every kind of content there is, and one that fails. */
export const registerContentTools = (server: McpServer): void => {
  const offer = (name: string, description: string, content: ContentBlock[]): void => {
    server.registerTool(name, { description }, () => ({ content }));
  };
  offer('test_image_content', 'Answers with an image.', [image]);
  offer('test_audio_content', 'Answers with a sound.', [audio]);
  offer('test_embedded_resource', 'Answers with a resource.', [
    resource('embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ]);
  offer('test_multiple_content_types', 'Answers with a text, an image and a resource.', [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    resource('mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ]);
  server.registerTool('test_simple_text', { description: 'Answers with a text.' }, () =>
    said('This is a simple text response for testing.'),
  );
  server.registerTool('test_error_handling', { description: 'Always fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
};
