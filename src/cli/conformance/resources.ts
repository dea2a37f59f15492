import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { PNG_BASE64 } from './samples.ts';

/** Resources as text and as bytes, one made from a template, and subscriptions to them. */
export const registerResources = (server: McpServer): void => {
  const offerText = (name: string, text: string): void => {
    const mimeType = 'text/plain';
    server.registerResource(
      name,
      `test://${name}`,
      { description: text, mimeType },
      ({ href }) => ({
        contents: [{ uri: href, mimeType, text }],
      }),
    );
  };
  offerText('static-text', 'This is the content of the static text resource.');
  offerText('watched-resource', 'This resource can be watched.');
  server.registerResource(
    'static-binary',
    'test://static-binary',
    { description: 'An image.', mimeType: 'image/png' },
    ({ href }) => ({ contents: [{ uri: href, mimeType: 'image/png', blob: PNG_BASE64 }] }),
  );
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'Data made from an id.', mimeType: 'application/json' },
    ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  );
};

/**
 * Takes subscriptions, which are requests where there are sessions; without them the endpoint has its own. Nothing here
 * ever changes, so nobody is told.
 */
export const registerSubscriptions = ({ server }: McpServer): void => {
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
};
